// SPDX-License-Identifier: GPL-2.0-only
// Which hardware queues are for what, and which CPU uses which.
// C header: include/linux/blk-mq.h (struct blk_mq_queue_map)

internal import CKernel
internal import Kernel

/// How many hardware queues of each kind.
public struct QueueCounts: Sendable {
  /// Those that take whatever no other kind takes; 1 at least.
  public let byDefault: Int
  /// Those for reads alone.
  public let read: Int
  /// Those whose submitters poll.
  public let poll: Int

  public init(byDefault: Int, read: Int = 0, poll: Int = 0) {
    self.byDefault = byDefault
    self.read = read
    self.poll = poll
  }

  /// All of them; nil if one is negative, none is by default, or they are more than a tag set can have.
  var total: Int? {
    let limit = Int(UInt16.max)
    guard byDefault >= 1, byDefault <= limit, read >= 0, read <= limit, poll >= 0, poll <= limit else { return nil }
    let sum = byDefault &+ read &+ poll
    return sum <= limit ? sum : nil
  }

  var raw: apus_queue_counts {
    apus_queue_counts(
      by_default: UInt32(truncatingIfNeeded: byDefault), read: UInt32(truncatingIfNeeded: read),
      poll: UInt32(truncatingIfNeeded: poll))
  }

  init(_ raw: apus_queue_counts) {
    byDefault = Int(raw.by_default)
    read = Int(raw.read)
    poll = Int(raw.poll)
  }
}

/// A tag set's maps of hardware queues, lent to a driver's `mapQueues`.
///
/// Invariant: `set` is the `struct blk_mq_tag_set` of a `struct apus_tag_set` whose maps are to be filled in.
@safe
public struct QueueMaps: ~Copyable, ~Escapable {
  private let set: UnsafeMutableRawPointer

  @unsafe @_lifetime(immortal)
  init(_ set: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter makes one for the callback, and lends it.
    unsafe self.set = set
  }

  /// How many hardware queues there are.
  public var hardwareQueues: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_set_hardware_queues(set))
  }

  /// How many of each kind were asked for.
  public var wanted: QueueCounts {
    // SAFETY: the type's invariant.
    QueueCounts(unsafe apus_set_counts(set))
  }

  /// How many of each kind there were before: what the block layer goes back to when memory for more is missing.
  public var previous: QueueCounts {
    // SAFETY: the type's invariant.
    QueueCounts(unsafe apus_set_previous_counts(set))
  }

  /// Maps what was asked for; what there was before, if that is what there is; or else all queues by default.
  public borrowing func assign() {
    let count = hardwareQueues
    if assign(wanted) || assign(previous) { return }
    _ = assign(QueueCounts(byDefault: count))
  }

  /// Maps the hardware queues in the order default, read, poll; each kind's are spread over the CPUs. False, and nothing is mapped,
  /// if they are not as many as there are.
  /// The corresponding C function is `blk_mq_map_queues`.
  public borrowing func assign(_ counts: QueueCounts) -> Bool {
    guard counts.total == hardwareQueues else { return false }
    // SAFETY: the type's invariant; a map exists for each number below, and the offsets are within the queues.
    let maps = unsafe apus_set_maps(set)
    unsafe apus_map_queues(set, APUS_HCTX_TYPE_DEFAULT.rawValue, counts.raw.by_default, 0)
    if maps > 1 { unsafe apus_map_queues(set, APUS_HCTX_TYPE_READ.rawValue, counts.raw.read, counts.raw.by_default) }
    if maps > 2 {
      // SAFETY: as above.
      unsafe apus_map_queues(
        set, APUS_HCTX_TYPE_POLL.rawValue, counts.raw.poll, counts.raw.by_default &+ counts.raw.read)
    }
    return true
  }
}

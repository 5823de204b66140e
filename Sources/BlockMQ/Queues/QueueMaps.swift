// SPDX-License-Identifier: GPL-2.0-only
// The kinds of the hardware queues, and the mapping from CPUs to hardware queues.
// C header: include/linux/blk-mq.h (struct blk_mq_queue_map)

internal import CKernel
internal import Kernel

/// The number of hardware queues of each kind.
public struct QueueCounts: Sendable {
  /// Queues for requests that no other kind takes; at least 1.
  public let `default`: Int
  /// Queues for reads only.
  public let read: Int
  /// Queues for I/O whose submitter polls.
  public let poll: Int

  /// The counts of a tag set; no queues for reads or polling by default. `TagSet` throws
  /// `invalidArgument` for counts that it cannot have.
  public init(default count: Int, read: Int = 0, poll: Int = 0) {
    self.default = count
    self.read = read
    self.poll = poll
  }

  /// The sum; nil if a number is negative, there is no default queue, or the sum exceeds what a tag
  /// set can have.
  var total: Int? {
    let limit = Int(UInt16.max)
    guard `default` >= 1, `default` <= limit, read >= 0, read <= limit, poll >= 0, poll <= limit
    else { return nil }
    let sum = `default` &+ read &+ poll
    return sum <= limit ? sum : nil
  }

  var raw: apus_queue_counts {
    apus_queue_counts(
      by_default: UInt32(truncatingIfNeeded: `default`), read: UInt32(truncatingIfNeeded: read),
      poll: UInt32(truncatingIfNeeded: poll))
  }

  init(_ raw: apus_queue_counts) {
    `default` = Int(raw.by_default)
    read = Int(raw.read)
    poll = Int(raw.poll)
  }
}

/// A tag set's maps of hardware queues, lent to a driver's `mapQueues`.
///
/// Invariant: `set` is the `struct blk_mq_tag_set` in a `struct apus_tag_set`, whose maps are to be
/// filled in.
@safe
public struct QueueMaps: ~Copyable, ~Escapable {
  private let set: UnsafeMutableRawPointer

  @unsafe @_lifetime(immortal)
  init(_ set: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter makes the value for the callback and lends it.
    unsafe self.set = set
  }

  /// The number of hardware queues.
  public var hardwareQueues: Int {
    // SAFETY: `set` is the `struct blk_mq_tag_set` of the callback that lends this value.
    Int(unsafe apus_set_hardware_queues(set))
  }

  /// The requested number of each kind.
  public var wanted: QueueCounts {
    // SAFETY: `set` lies in a `struct apus_tag_set`, which exists for the callback that lends this
    // value.
    QueueCounts(unsafe apus_set_counts(set))
  }

  /// The previous number of each kind, to which the block layer returns if it lacks memory for
  /// more.
  public var previous: QueueCounts {
    // SAFETY: `set` lies in a `struct apus_tag_set`, which exists for the callback that lends this
    // value.
    QueueCounts(unsafe apus_set_previous_counts(set))
  }

  /// Maps the requested numbers, if they match the number of hardware queues. Otherwise maps the
  /// previous numbers, if those match. Otherwise maps all queues as default.
  public borrowing func assign() {
    let count = hardwareQueues
    if assign(wanted) || assign(previous) { return }
    _ = assign(QueueCounts(default: count))
  }

  /// Maps the hardware queues in the order default, read, poll, and spreads the queues of each kind
  /// over the CPUs. If the sum differs from the number of hardware queues, maps nothing and returns
  /// false. The corresponding C function is `blk_mq_map_queues`.
  public borrowing func assign(_ counts: QueueCounts) -> Bool {
    guard counts.total == hardwareQueues else { return false }
    // SAFETY: the type's invariant; each map below exists, and the offsets are within the queues.
    let maps = unsafe apus_set_maps(set)
    unsafe apus_map_queues(set, APUS_HCTX_TYPE_DEFAULT.rawValue, counts.raw.by_default, 0)
    if maps > 1 {
      unsafe apus_map_queues(
        set, APUS_HCTX_TYPE_READ.rawValue, counts.raw.read, counts.raw.by_default)
    }
    if maps > 2 {
      // SAFETY: as above.
      unsafe apus_map_queues(
        set, APUS_HCTX_TYPE_POLL.rawValue, counts.raw.poll, counts.raw.by_default &+ counts.raw.read
      )
    }
    return true
  }
}

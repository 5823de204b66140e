// SPDX-License-Identifier: GPL-2.0-only
// The tags and hardware queues that one or several disks use.
// C header: include/linux/blk-mq.h (struct blk_mq_tag_set)

internal import CKernel
public import Kernel

/// Hardware queues and the requests preallocated for them. Disks share in it: it ends with the last of them and
/// with whoever made it.
///
/// Invariant: `raw` is an initialised `struct apus_tag_set` in memory from kmalloc, and this value is one of the
/// owners that it counts.
@safe
public struct TagSet<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<apus_tag_set>

  /// The largest depth. The corresponding C constant is `BLK_MQ_MAX_DEPTH`.
  public static var maximumDepth: Int { Int(APUS_BLK_MQ_MAX_DEPTH.rawValue) }

  /// Allocates the queues' maps and requests. The corresponding C function is `blk_mq_alloc_tag_set`.
  ///
  /// - Parameters:
  ///   - hardwareQueues: how many hardware queues, 1 at least; the kernel uses no more than there are CPUs.
  ///   - depth: how many requests a hardware queue has, `1...maximumDepth`; the kernel may settle for fewer.
  ///   - maySleep: whether the driver's `queue` may sleep. The corresponding C constant is `BLK_MQ_F_BLOCKING`.
  ///   - requestTimeout: how long a request may take, in milliseconds; nil for the block layer's 30 seconds.
  ///   - usesScheduler: whether an I/O scheduler may be set. The corresponding C constant is `BLK_MQ_F_NO_SCHED`.
  ///
  /// Throws: `invalidArgument` for numbers out of range; `outOfMemory`.
  /// Context: may sleep.
  public init(
    hardwareQueues: Int, depth: Int, node: NUMANode = .any, maySleep: Bool = false,
    requestTimeout: Int? = nil, usesScheduler: Bool = true
  ) throws(Errno) {
    guard hardwareQueues >= 1, hardwareQueues <= Int(UInt16.max), depth >= 1, depth <= Self.maximumDepth else {
      throw .invalidArgument
    }
    let timeout = requestTimeout ?? 0
    guard timeout >= 0, requestTimeout != 0, timeout <= Int(Int32.max) else { throw .invalidArgument }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        MemoryLayout<apus_tag_set>.size, AllocationFlags.kernel.rawValue, node.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh memory of the structure's size; initialised whole by the call below.
    let raw = unsafe memory.bindMemory(to: apus_tag_set.self, capacity: 1)
    var flags = APUS_BLK_MQ_F_SHOULD_MERGE.rawValue
    if maySleep { flags |= APUS_BLK_MQ_F_BLOCKING.rawValue }
    if !usesScheduler { flags |= APUS_BLK_MQ_F_NO_SCHED.rawValue }
    // SAFETY: the table is the driver's static variable; the numbers were checked.
    let result = unsafe apus_tag_set_init(
      raw, UnsafeRawPointer(Driver.operationsTable), UInt32(truncatingIfNeeded: hardwareQueues),
      UInt32(truncatingIfNeeded: depth), node.rawValue, flags, 0,
      UInt32(truncatingIfNeeded: timeout))
    if result != 0 {
      // SAFETY: the kernel did not keep the structure, so the memory is ours; this value does not begin.
      unsafe apus_kfree(memory)
      throw Errno(kernelResult: result)
    }
    unsafe self.raw = raw
  }

  private init(owning raw: UnsafeMutablePointer<apus_tag_set>) {
    // INVARIANT: `share` counted this owner.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    guard unsafe apus_tag_set_put(raw) else { return }
    // SAFETY: the last owner: no disk uses the tag set any more, since each disk is an owner.
    unsafe apus_tag_set_destroy(raw)
    // SAFETY: as above; the memory came from kmalloc.
    unsafe apus_kfree(raw)
  }

  /// One more owner of the same tag set, for one more disk.
  ///
  /// Context: any.
  public borrowing func share() -> TagSet {
    // SAFETY: the type's invariant: the count is 1 at least.
    unsafe apus_tag_set_get(raw)
    return unsafe TagSet(owning: raw)
  }

  /// The structure, for a disk that owns a share.
  @unsafe
  var pointer: UnsafeMutablePointer<apus_tag_set> { unsafe raw }

  /// How many hardware queues there are.
  public var hardwareQueues: Int {
    // SAFETY: the type's invariant.
    Int(unsafe raw.pointee.set.nr_hw_queues)
  }

  /// How many requests a hardware queue has.
  public var depth: Int {
    // SAFETY: the type's invariant.
    Int(unsafe raw.pointee.set.queue_depth)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The tags and hardware queues that one or several disks use.
// C header: include/linux/blk-mq.h (struct blk_mq_tag_set)

internal import CKernel
public import Kernel

/// Hardware queues and the requests preallocated for them. Disks share in it: it ends with the last of them and
/// with whoever made it.
///
/// Invariant: `raw` is an initialised `struct apus_tag_set` in memory from kmalloc, with the driver's data behind it, and this value
/// is one of the owners that it counts.
@safe
public struct TagSet<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<apus_tag_set>

  /// The largest depth. The corresponding C constant is `BLK_MQ_MAX_DEPTH`.
  public static var maximumDepth: Int { Int(APUS_BLK_MQ_MAX_DEPTH.rawValue) }

  /// Allocates the queues' maps and requests. The corresponding C function is `blk_mq_alloc_tag_set`.
  ///
  /// - Parameters:
  ///   - counts: how many hardware queues of each kind; the kernel uses no more by default than there are CPUs. Other kinds need a
  ///     driver with `mapQueues`.
  ///   - depth: how many requests a hardware queue has, `1...maximumDepth`; the kernel may settle for fewer.
  ///   - node: where the memory should be.
  ///   - maySleep: whether the driver's `queue` may sleep. The corresponding C constant is `BLK_MQ_F_BLOCKING`.
  ///   - requestTimeout: how long a request may take, in milliseconds; nil for the block layer's 30 seconds.
  ///   - usesScheduler: whether an I/O scheduler may be set. The corresponding C constant is `BLK_MQ_F_NO_SCHED`.
  ///   - sharesTags: whether the hardware queues have their requests in common. The corresponding C constant is
  ///     `BLK_MQ_F_TAG_HCTX_SHARED`.
  ///   - data: the driver's data of the tag set.
  ///
  /// Throws: `invalidArgument` for numbers out of range; `outOfMemory`, also where the driver's `makeRequestData` throws.
  /// Context: may sleep.
  public init(
    _ counts: QueueCounts, depth: Int, node: NUMANode = .any, maySleep: Bool = false,
    requestTimeout: Int? = nil, usesScheduler: Bool = true, sharesTags: Bool = false, data: consuming Driver.TagSetData
  ) throws(Errno) {
    guard let total = counts.total, depth >= 1, depth <= Self.maximumDepth else {
      log(.error, "\(counts.byDefault) + \(counts.read) + \(counts.poll) hardware queues of depth \(depth) cannot be")
      throw .invalidArgument
    }
    // SAFETY: only compared.
    let (canMap, canPoll) = unsafe (
      Driver.operationsTable.pointee.mapQueues != nil, Driver.operationsTable.pointee.poll != nil
    )
    guard total == counts.byDefault || canMap else {
      log(.error, "hardware queues for reads or polling need a driver with mapQueues")
      throw .invalidArgument
    }
    guard counts.poll == 0 || canPoll else {
      log(.error, "hardware queues for polling need a driver with poll")
      throw .invalidArgument
    }
    let timeout = requestTimeout ?? 0
    guard timeout >= 0, requestTimeout != 0, timeout <= Int(Int32.max) else { throw .invalidArgument }
    // (C counts the bytes of a request in 32 bits.)
    guard MemoryLayout<Driver.TagSetData>.alignment <= 8, MemoryLayout<Driver.RequestData>.alignment <= 8,
      RequestLayout<Driver>.size <= Self.maximumRequestSize
    else {
      throw .invalidArgument
    }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        Self.dataOffset &+ MemoryLayout<Driver.TagSetData>.size, AllocationFlags.kernel.rawValue, node.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: fresh memory of the structure's size, and the data's behind it; initialised whole by the calls below.
    let raw = unsafe memory.bindMemory(to: apus_tag_set.self, capacity: 1)
    let place = unsafe (memory + Self.dataOffset).bindMemory(to: Driver.TagSetData.self, capacity: 1)
    unsafe place.initialize(to: data)
    var flags = APUS_BLK_MQ_F_SHOULD_MERGE.rawValue
    if maySleep { flags |= APUS_BLK_MQ_F_BLOCKING.rawValue }
    if !usesScheduler { flags |= APUS_BLK_MQ_F_NO_SCHED.rawValue }
    if sharesTags { flags |= APUS_BLK_MQ_F_TAG_HCTX_SHARED.rawValue }
    // SAFETY: the table is the driver's static variable; the numbers were checked; the data is initialised.
    let result = unsafe apus_tag_set_init(
      raw, UnsafeRawPointer(Driver.operationsTable), place, counts.raw, UInt32(truncatingIfNeeded: depth),
      node.rawValue,
      flags, UInt32(truncatingIfNeeded: RequestLayout<Driver>.size), UInt32(truncatingIfNeeded: timeout))
    if result != 0 {
      // SAFETY: the kernel did not keep the structure, so the memory is ours; this value does not begin.
      unsafe _ = place.deinitialize(count: 1)
      unsafe apus_kfree(memory)
      throw Errno(kernelResult: result)
    }
    unsafe self.raw = raw
  }

  /// More than the block layer allocates for a request: 16 pages.
  private static var maximumRequestSize: Int { 1 << 16 }

  /// Where the driver's data lies behind the structure.
  private static var dataOffset: Int { unsafe (MemoryLayout<apus_tag_set>.size &+ 15) & ~15 }

  private init(owning raw: UnsafeMutablePointer<apus_tag_set>) {
    // INVARIANT: `share` counted this owner.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: the type's invariant.
    guard unsafe apus_tag_set_put(raw) else { return }
    // SAFETY: the last owner: no disk uses the tag set any more, since each disk is an owner.
    unsafe apus_tag_set_destroy(raw)
    // SAFETY: as above; nothing of the kernel's refers to the data any more.
    unsafe _ = dataAddress.deinitialize(count: 1)
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

  @unsafe
  private var dataAddress: UnsafeMutablePointer<Driver.TagSetData> {
    // SAFETY: the type's invariant.
    unsafe (UnsafeMutableRawPointer(raw) + Self.dataOffset).assumingMemoryBound(to: Driver.TagSetData.self)
  }

  /// The driver's data of the tag set.
  public var data: Driver.TagSetData {
    // SAFETY: the type's invariant; it is only borrowed.
    @inline(__always) _read { yield unsafe dataAddress.pointee }
  }

  /// Changes how many hardware queues there are, for all disks of the tag set, also while they are in use.
  /// The corresponding C function is `blk_mq_update_nr_hw_queues`.
  ///
  /// Throws: `invalidArgument` for numbers that cannot be, and for kinds that the tag set was made without; `outOfMemory`, and then
  /// there are as many as before.
  /// Context: may sleep, until the requests in flight have completed.
  public borrowing func change(to counts: QueueCounts) throws(Errno) {
    guard let total = counts.total else { throw .invalidArgument }
    // SAFETY: the type's invariant.
    let maps = unsafe raw.pointee.set.nr_maps
    guard counts.poll == 0 || maps > 2, counts.read == 0 || maps > 1, maps > 1 || total <= CPU.possibleCount else {
      throw .invalidArgument
    }
    // SAFETY: as above; the numbers were checked.
    let result = unsafe apus_tag_set_update(raw, counts.raw)
    if result != 0 { throw Errno(kernelResult: result) }
  }

  /// How many hardware queues of each kind there are.
  public var counts: QueueCounts {
    // SAFETY: the type's invariant.
    QueueCounts(unsafe raw.pointee.counts)
  }

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

extension TagSet where Driver: ~Copyable, Driver.TagSetData == NoData {
  /// A tag set without data of the driver's, whose hardware queues are all by default. As the initialiser above.
  public init(
    hardwareQueues: Int, depth: Int, node: NUMANode = .any, maySleep: Bool = false,
    requestTimeout: Int? = nil, usesScheduler: Bool = true
  ) throws(Errno) {
    try self.init(
      QueueCounts(byDefault: hardwareQueues), depth: depth, node: node, maySleep: maySleep,
      requestTimeout: requestTimeout, usesScheduler: usesScheduler, data: NoData())
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The tags and hardware queues that one or more disks use.
// C header: include/linux/blk-mq.h (struct blk_mq_tag_set)

internal import CKernel
public import Kernel

/// A tag set: hardware queues and the requests preallocated for them. The tag set is reference
/// counted: each of its disks and its maker hold a reference, and it ends with the last one.
///
/// Invariant: `raw` is an initialized `struct apus_tag_set` in memory from kmalloc, with the
/// driver's data behind it. This value holds one of the references that it counts.
///
/// ```swift
/// /// The ports of a controller: disks that share its hardware queues and its tags.
/// struct Controller<Port: BlockDriver & ~Copyable>: ~Copyable where Port.TagSetData == NoData {
///   private var ports = List<Disk<Port>>()
///   private let tags: TagSet<Port>
///
///   init() throws(Errno) {
///     // `queue` may not sleep, and a request times out after ten seconds.
///     tags = try TagSet(hardwareQueues: 4, depth: 128, requestTimeout: 10_000)
///   }
///
///   mutating func add(_ port: consuming Port, number: Int, capacity: Sector) throws(Errno) {
///     let disk = try Disk(
///       DiskName("port", number), capacity: capacity, limits: DiskLimits(), tagSet: tags,
///       driver: port)
///     try ports.append(disk, .kernel)
///   }
/// }
/// ```
@safe
public struct TagSet<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutablePointer<apus_tag_set>

  /// The largest depth. The corresponding C constant is `BLK_MQ_MAX_DEPTH`.
  public static var maximumDepth: Int { Int(APUS_BLK_MQ_MAX_DEPTH.rawValue) }

  /// Allocates the queues' maps and requests. The corresponding C function is
  /// `blk_mq_alloc_tag_set`.
  ///
  /// - Parameters:
  ///   - counts: the number of hardware queues of each kind. If all are default queues, the kernel
  ///     uses at most one for each possible CPU. Other kinds need a driver with `mapQueues`.
  ///   - depth: the number of requests of a hardware queue, `1...maximumDepth`; if memory is short,
  ///     the kernel may allocate fewer.
  ///   - node: the NUMA node for the memory.
  ///   - maySleep: whether the driver's `queue` may sleep. The corresponding C constant is
  ///     `BLK_MQ_F_BLOCKING`.
  ///   - requestTimeout: the timeout of a request, in milliseconds; nil for the block layer's 30
  ///     seconds.
  ///   - usesScheduler: whether an I/O scheduler may be set. The corresponding C constant, for the
  ///     opposite, is `BLK_MQ_F_NO_SCHED`.
  ///   - sharesTags: whether the hardware queues share one set of tags and requests. The
  ///     corresponding C constant is `BLK_MQ_F_TAG_HCTX_SHARED`.
  ///   - data: the driver's data of the tag set.
  ///
  /// Throws: `invalidArgument` for numbers out of range; `outOfMemory`, also if the driver's
  /// `makeRequestData` throws.
  /// Context: may sleep.
  public init(
    _ counts: QueueCounts, depth: Int, node: NUMANode = .any, maySleep: Bool = false,
    requestTimeout: Int? = nil, usesScheduler: Bool = true, sharesTags: Bool = false,
    data: consuming Driver.TagSetData
  ) throws(Errno) {
    guard let total = counts.total, depth >= 1, depth <= Self.maximumDepth else {
      log(
        .error,
        "\(counts.default) + \(counts.read) + \(counts.poll) hardware queues of depth \(depth) cannot be"
      )
      throw .invalidArgument
    }
    // SAFETY: the pointers are only compared.
    let (canMap, canPoll) = unsafe (
      Driver.operationsTable.pointee.entries.mapQueues != nil,
      Driver.operationsTable.pointee.entries.poll != nil
    )
    guard total == counts.default || canMap else {
      log(.error, "hardware queues for reads or polling need a driver with mapQueues")
      throw .invalidArgument
    }
    guard counts.poll == 0 || canPoll else {
      log(.error, "hardware queues for polling need a driver with poll")
      throw .invalidArgument
    }
    let timeout = requestTimeout ?? 0
    guard timeout >= 0, requestTimeout != 0, timeout <= Int(Int32.max) else {
      throw .invalidArgument
    }
    // (C counts the bytes of a request in 32 bits.)
    guard MemoryLayout<Driver.TagSetData>.alignment <= 8,
      MemoryLayout<Driver.HardwareQueueData>.alignment <= 8,
      MemoryLayout<Driver.RequestData>.alignment <= 8,
      RequestLayout<Driver>.size <= Self.maximumRequestSize
    else {
      throw .invalidArgument
    }
    guard
      // SAFETY: any size and flags are valid arguments.
      let memory = unsafe apus_kmalloc_node(
        Self.dataOffset &+ MemoryLayout<Driver.TagSetData>.size, AllocationFlags.kernel.rawValue,
        node.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: the memory is new, with room for the structure and the data behind it. The calls
    // below initialize all of it.
    let raw = unsafe memory.bindMemory(to: apus_tag_set.self, capacity: 1)
    let place = unsafe (memory + Self.dataOffset).bindMemory(
      to: Driver.TagSetData.self, capacity: 1)
    unsafe place.initialize(to: data)
    var flags = APUS_BLK_MQ_F_SHOULD_MERGE.rawValue
    if maySleep { flags |= APUS_BLK_MQ_F_BLOCKING.rawValue }
    if !usesScheduler { flags |= APUS_BLK_MQ_F_NO_SCHED.rawValue }
    if sharesTags { flags |= APUS_BLK_MQ_F_TAG_HCTX_SHARED.rawValue }
    // SAFETY: the table is the driver's static variable; the numbers were checked; the data is
    // initialized.
    let result = unsafe apus_tag_set_init(
      raw, UnsafeRawPointer(Driver.operationsTable), place, counts.raw,
      UInt32(truncatingIfNeeded: depth),
      node.rawValue,
      flags, UInt32(truncatingIfNeeded: RequestLayout<Driver>.size),
      UInt32(truncatingIfNeeded: timeout))
    if result != 0 {
      // SAFETY: the kernel did not keep the structure, so this call owns the memory; this value is
      // not made.
      unsafe _ = place.deinitialize(count: 1)
      unsafe apus_kfree(memory)
      throw Errno(kernelResult: result)
    }
    unsafe self.raw = raw
  }

  /// An upper bound: the block layer allocates at most 16 pages for a request and its data.
  /// `apus_tag_set_init` checks the exact limit.
  private static var maximumRequestSize: Int { 1 << 16 }

  /// The offset of the driver's data behind the structure.
  private static var dataOffset: Int { unsafe (MemoryLayout<apus_tag_set>.size &+ 15) & ~15 }

  private init(owning raw: UnsafeMutablePointer<apus_tag_set>) {
    // INVARIANT: `share` took the reference for this value.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: this value holds one of the counted references, and puts it only here.
    guard unsafe apus_tag_set_put(raw) else { return }
    // SAFETY: this was the last reference. No disk uses the tag set any more, since each disk holds
    // a reference.
    let hasData = unsafe apus_tag_set_has_data(raw)
    unsafe apus_tag_set_destroy(raw)
    // SAFETY: as above; the kernel does not refer to the data any more. The data may have ended
    // before: see `endData`.
    if hasData { unsafe _ = dataAddress.deinitialize(count: 1) }
    // SAFETY: as above; the memory came from kmalloc.
    unsafe apus_kfree(raw)
  }

  /// A new reference to the same tag set, for one more disk.
  ///
  /// Context: any.
  public borrowing func share() -> TagSet {
    // SAFETY: the type's invariant: the count is at least 1.
    unsafe apus_tag_set_get(raw)
    return unsafe TagSet(owning: raw)
  }

  /// Ends the driver's data if this is the only reference: that of a disk with this queue whose
  /// driver is gone, and which has no further use for the data. The library refuses requests and
  /// hardware queues that the block layer makes after this, because they need the data.
  @unsafe
  borrowing func endData(_ queue: UnsafeMutablePointer<request_queue>) {
    // SAFETY: the queue is the caller's. This call owns data that it took, and the data is not
    // borrowed: only references and the block layer's calls lend it.
    guard unsafe apus_tag_set_take_data(raw, queue) else { return }
    unsafe _ = dataAddress.deinitialize(count: 1)
  }

  /// Ends the data of the idle requests of a tag set whose only disk has no driver any more. If
  /// there are other references, from which a disk may be made later, each request gets new data
  /// instead. Does nothing if the tag set serves other disks as well.
  @unsafe
  borrowing func endRequestData() {
    guard RequestLayout<Driver>.hasLink else { return }
    // SAFETY: this value's reference keeps the tag set. The helper takes the lock of the requests'
    // data.
    unsafe apus_data_sweep_begin(raw)
    // (Only an owner of a reference can make another one, and the caller has this one.)
    let isLast = unsafe apus_tag_set_is_last(raw)
    while true {
      let hardwareQueue = unsafe apus_data_sweep_peek(raw)
      guard hardwareQueue >= 0 else { return }
      // The driver's code runs without the lock: new data is made before it, and old data ends
      // after it.
      var made: Driver.RequestData?
      if !isLast {
        made = makeData(Int(hardwareQueue))
        if made == nil { return }
      }
      // SAFETY: the type's invariant; the link lies where `init_request` put it.
      guard let request = unsafe apus_data_sweep_enter(raw, RequestLayout<Driver>.linkOffset) else {
        // (Explicit, because the compiler does not destroy the value on this path.)
        made = nil
        continue
      }
      // SAFETY: the request is idle and no value owns it, so this call owns its data: see the C
      // function.
      let old = unsafe RequestLayout<Driver>.data(request).move()
      if let new = made.take() {
        unsafe RequestLayout<Driver>.data(request).initialize(to: new)
      } else {
        // SAFETY: `exit_request` does not end the data again, and no value of the request is made
        // before that.
        unsafe apus_request_link_end(request, RequestLayout<Driver>.linkOffset)
      }
      // SAFETY: `apus_data_sweep_enter` took the lock above.
      unsafe apus_data_sweep_leave(raw)
      _ = consume old
    }
  }

  private borrowing func makeData(_ hardwareQueue: Int) -> Driver.RequestData? {
    do throws(Errno) {
      return try Driver.makeRequestData(data, hardwareQueue: hardwareQueue, node: .any)
    } catch {
      return nil
    }
  }

  /// The structure, for a disk that holds a reference.
  @unsafe
  var pointer: UnsafeMutablePointer<apus_tag_set> {
    // SAFETY: the caller keeps its reference as long as it uses the pointer.
    unsafe raw
  }

  @unsafe
  private var dataAddress: UnsafeMutablePointer<Driver.TagSetData> {
    // SAFETY: `init` allocated room for the driver's data at this offset behind the structure.
    unsafe (UnsafeMutableRawPointer(raw) + Self.dataOffset).assumingMemoryBound(
      to: Driver.TagSetData.self)
  }

  /// The driver's data of the tag set.
  public var data: Driver.TagSetData {
    // SAFETY: the type's invariant; the data is only borrowed.
    @inline(__always) _read { yield unsafe dataAddress.pointee }
  }

  /// Changes the number of hardware queues, for all disks of the tag set, also while they are in
  /// use. The corresponding C function is `blk_mq_update_nr_hw_queues`.
  ///
  /// A hardware queue that exists before and after the change keeps its data, and its request for
  /// flushes does too. The data of others is made, and ends, within this call.
  ///
  /// Throws: `invalidArgument` for impossible numbers, and for kinds that the tag set was made
  /// without; `outOfMemory`, also if the driver's `makeHardwareQueueData` or `makeRequestData`
  /// throws; `busy` within another change, and if disks of the tag set are still being made or
  /// ended after five seconds. The numbers do not change then.
  /// Context: may sleep, until the requests in flight have completed. Not within a callback of a
  /// disk of the tag set.
  public borrowing func change(to counts: QueueCounts) throws(Errno) {
    guard let total = counts.total else { throw .invalidArgument }
    // SAFETY: this value's reference keeps the tag set. The library writes `nr_maps` only in
    // `init`.
    let maps = unsafe raw.pointee.set.nr_maps
    guard counts.poll == 0 || maps > 2, counts.read == 0 || maps > 1,
      maps > 1 || total <= CPU.possibleCount
    else {
      throw .invalidArgument
    }
    // SAFETY: as above.
    let begun = unsafe apus_tag_set_change_begin(raw)
    guard begun == 0 else { throw Errno(kernelResult: begun) }
    defer {
      // SAFETY: as above. The lists are this task's until the change ends. They have values of
      // these types, which no call borrows.
      while let kept = unsafe apus_kept_take_any(&raw.pointee.kept) {
        unsafe endKept(kept, as: Driver.HardwareQueueData.self)
      }
      while let kept = unsafe apus_kept_take_any(&raw.pointee.kept_requests) {
        unsafe endKept(kept, as: Driver.RequestData.self)
      }
      unsafe apus_tag_set_change_end(raw)
    }
    if RequestLayout<Driver>.hasLink {
      try Errno.check(
        unsafe apus_tag_set_make_rooms(raw, MemoryLayout<Driver.RequestData>.size))
    }
    // SAFETY: as above; the numbers were checked.
    let result = unsafe apus_tag_set_update(raw, counts.raw)
    if result != 0 { throw Errno(kernelResult: result) }
  }

  /// The number of hardware queues of each kind. While `change` runs, each of the numbers may be
  /// the one before or after the change.
  public var counts: QueueCounts {
    // SAFETY: this value's reference keeps the tag set. The numbers are only copied; a concurrent
    // `change` may be writing them.
    QueueCounts(unsafe raw.pointee.counts)
  }

  /// The number of hardware queues. While `change` runs, it may be the one before or after the
  /// change.
  public var hardwareQueues: Int {
    // SAFETY: this value's reference keeps the tag set. The number is only copied; a concurrent
    // `change` may be writing it.
    Int(unsafe raw.pointee.set.nr_hw_queues)
  }

  /// The number of requests of a hardware queue.
  public var depth: Int {
    // SAFETY: this value's reference keeps the tag set. The library writes `queue_depth` only in
    // `init`.
    Int(unsafe raw.pointee.set.queue_depth)
  }
}

extension TagSet where Driver: ~Copyable, Driver.TagSetData == NoData {
  /// Makes a tag set without driver data, whose hardware queues are all default queues. As the
  /// initializer above.
  public init(
    hardwareQueues: Int, depth: Int, node: NUMANode = .any, maySleep: Bool = false,
    requestTimeout: Int? = nil, usesScheduler: Bool = true
  ) throws(Errno) {
    try self.init(
      QueueCounts(default: hardwareQueues), depth: depth, node: node, maySleep: maySleep,
      requestTimeout: requestTimeout, usesScheduler: usesScheduler, data: NoData())
  }
}

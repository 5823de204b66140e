// SPDX-License-Identifier: GPL-2.0-only
// The C edge: from a callback in the driver's table to the driver's method, and the result back.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

internal import CKernel
internal import Block
internal import Kernel

/// The functions that the macro's code calls. A driver does not use them.
///
/// The contract of the block layer and of `Disk`, for all of them: a queue's `queuedata` is null or
/// the driver's cell. The cell lives until all calls that began before `queuedata` became null have
/// ended. `DriverCell` says which wait covers which callback; it is the only way to the driver.
public enum BlockAdapter<Driver: BlockDriver & ~Copyable> {
  /// The NUMA node that the kernel names, or `.any` if it names none.
  private static func preferredNode(_ number: CInt) -> NUMANode {
    do throws(Errno) { return try NUMANode(number) } catch { return .any }
  }

  /// `queue_rq`.
  ///
  /// Contract of the block layer: `data` is a `struct blk_mq_queue_data`. Its request was not
  /// started, and belongs to the driver until the driver ends or refuses it.
  @inline(__always) @unsafe
  public static func queue(_ hardwareQueue: OpaquePointer, _ data: UnsafeRawPointer) -> UInt8 {
    // SAFETY: the contract above. There is no cell if the disk was taken away from its driver.
    let request = unsafe apus_queue_data_request(data)
    guard
      let cell = unsafe DriverCell<Driver>.kept(
        by: .dispatch, apus_hardware_queue_queue(hardwareQueue))
    else {
      return BlockStatus.ioError.rawValue
    }
    // SAFETY: the contract above.
    let context = unsafe DispatchContext<Driver>(isLast: apus_queue_data_last(data), hardwareQueue)
    // SAFETY: the contract above; one value is made of the request, and the driver outlives the
    // call.
    let result = unsafe cell.pointee.driver.queue(
      QueuedRequest(UnsafeMutableRawPointer(request), offeredIn: data), in: context)
    let status = result.status
    guard let refused = result.refusedRequest() else { return BlockStatus.ok.rawValue }
    // SAFETY: the addresses are only compared.
    guard unsafe refused.isOffer(of: data, request) else {
      endAnother(refused)
      return BlockStatus.ok.rawValue
    }
    // SAFETY: the block layer owns the request again; its only value is given up.
    _ = unsafe refused.take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    return status.rawValue
  }

  /// Ends a request that another call offered. The block layer does not expect it back from this
  /// call, whose own request the driver has consumed. (Only a faulty driver gets here.)
  @inline(never)
  private static func endAnother(_ refused: consuming QueuedRequest<Driver>) {}

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<OperationsTable<Driver>>
  ) -> UnsafePointer<OperationsTable<Driver>> {
    // SAFETY: the address is returned unchanged, for reading.
    unsafe UnsafePointer(table)
  }
}

extension BlockAdapter where Driver: CommitOperation & ~Copyable {
  /// `commit_rqs`.
  @inline(__always) @unsafe
  public static func commit(_ hardwareQueue: OpaquePointer?) {
    // SAFETY: the contract of the type; the hardware queue lives for the call.
    guard let queue = unsafe hardwareQueue,
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, apus_hardware_queue_queue(queue))
    else { return }
    unsafe cell.pointee.driver.commit(HardwareQueue(queue))
  }
}

extension BlockAdapter where Driver: QueueBatchOperation & ~Copyable {
  /// `queue_rqs`.
  ///
  /// Contract of the block layer: the list holds at least one request, all of one queue and not
  /// started. The block layer owns the requests that are left in the list on return.
  @inline(__always) @unsafe
  public static func queueBatch(_ list: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above. The block layer never passes null; the check is for the type.
    guard let list = unsafe list else { return }
    var batch = unsafe apus_queue_batch(given: list, queue: nil, first_kept: nil, last_kept: nil)
    // SAFETY: the contract above.
    guard let first = unsafe apus_queue_batch_peek(&batch),
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, apus_request_queue(first))
    else { return }
    unsafe batch.queue = apus_request_queue(first)
    // SAFETY: as above; the address is valid for the call.
    unsafe withUnsafeMutablePointer(to: &batch) { pointer in
      unsafe cell.pointee.driver.queueBatch(QueueBatch(pointer))
    }
    unsafe apus_queue_batch_finish(&batch)
  }
}

extension BlockAdapter where Driver: BudgetOperations & ~Copyable {
  /// `get_budget`.
  @inline(__always) @unsafe
  public static func takeBudget(_ queue: UnsafeMutableRawPointer?) -> Int32 {
    // SAFETY: the contract of the type. Without a driver, each request gets a budget: it completes
    // with an I/O error.
    guard let queue = unsafe queue?.assumingMemoryBound(to: request_queue.self),
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, queue)
    else {
      return 0
    }
    let token = unsafe cell.pointee.driver.takeBudget()
    if let token, token >= 0 {
      unsafe cell.pointee.budgetWasTaken()
      return token
    }
    // A negative result tells the block layer that no budget is available, so the block layer does
    // not return this token.
    if let token { unsafe cell.pointee.driver.returnBudget(token) }
    unsafe cell.pointee.budgetWasMissing(queue)
    return -1
  }

  /// `put_budget`: returns the budget of a request that was not dispatched after all.
  @inline(__always) @unsafe
  public static func returnBudget(_ queue: UnsafeMutableRawPointer?, _ token: Int32) {
    // SAFETY: the contract of the type; the block layer passes a queue.
    guard let queue = unsafe queue?.assumingMemoryBound(to: request_queue.self),
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, queue)
    else {
      return
    }
    unsafe cell.pointee.returnBudget(token, of: queue)
  }

  /// `set_rq_budget_token`.
  @inline(__always) @unsafe
  public static func setBudgetToken(_ raw: UnsafeMutableRawPointer?, _ token: Int32) {
    // SAFETY: the block layer passes a request of this driver's tag set.
    guard let request = unsafe raw?.assumingMemoryBound(to: request.self) else { return }
    unsafe RequestLayout<Driver>.budget(request).pointee = token
  }

  /// `get_rq_budget_token`.
  @inline(__always) @unsafe
  public static func budgetToken(_ raw: UnsafeMutableRawPointer?) -> Int32 {
    // SAFETY: the block layer passes a request of this driver's tag set.
    guard let request = unsafe raw?.assumingMemoryBound(to: request.self) else { return -1 }
    return unsafe RequestLayout<Driver>.budget(request).pointee
  }
}

extension BlockAdapter where Driver: TimeoutOperation & ~Copyable {
  /// `timeout`.
  @inline(__always) @unsafe
  public static func timeOut(_ raw: UnsafeMutableRawPointer?) -> UInt32 {
    // SAFETY: the block layer keeps the request's memory for the call. The request itself may have
    // completed meanwhile.
    guard let raw = unsafe raw,
      let cell = unsafe DriverCell<Driver>.kept(
        by: .timeoutWork, apus_request_queue(raw.assumingMemoryBound(to: request.self)))
    else { return APUS_BLK_EH_RESET_TIMER.rawValue }
    if case .wait = unsafe cell.pointee.driver.timeOut(BorrowedRequest(raw)) {
      return APUS_BLK_EH_RESET_TIMER.rawValue
    }
    return APUS_BLK_EH_DONE.rawValue
  }
}

extension BlockAdapter where Driver: PollOperation & ~Copyable {
  /// `poll`.
  @inline(__always) @unsafe
  public static func poll(_ hardwareQueue: OpaquePointer?, _ batch: UnsafeMutableRawPointer?)
    -> Int32
  {
    // SAFETY: the pointer is only compared.
    guard let queue = unsafe hardwareQueue else { return 0 }
    // SAFETY: the hardware queue lives for the call.
    return unsafe DriverCell<Driver>.read(apus_hardware_queue_queue(queue)) { cell in
      // SAFETY: the contract of the type; if there is a batch, the caller completes it.
      let ended = unsafe cell.driver.poll(
        HardwareQueue(queue), CompletionBatch(batch?.assumingMemoryBound(to: io_comp_batch.self)))
      return Int32(truncatingIfNeeded: min(max(ended, 0), 65535))
    } ?? 0
  }
}

extension BlockAdapter where Driver: CompleteOperation & ~Copyable {
  /// `complete`.
  ///
  /// Contract of the block layer: the request was passed to `blk_mq_complete_request`, once.
  @inline(__always) @unsafe
  public static func complete(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the pointer is only compared.
    guard let raw = unsafe raw else { return }
    // SAFETY: the request keeps its queue alive.
    let isTaken: Void? = unsafe DriverCell<Driver>.read(
      apus_request_queue(raw.assumingMemoryBound(to: request.self))
    ) {
      cell in
      // SAFETY: the contract above; one value is made of the request.
      unsafe cell.driver.complete(Request<Driver>(raw))
    }
    // Without a driver, the value ends here, and the request completes with an I/O error.
    // SAFETY: as above.
    if isTaken == nil { _ = unsafe Request<Driver>(raw) }
  }
}

extension BlockAdapter where Driver: HardwareQueueDataOperation & ~Copyable {
  /// `init_hctx`.
  @inline(__always) @unsafe
  public static func initializeHardwareQueue(
    _ hardwareQueue: OpaquePointer?, _ data: UnsafeMutableRawPointer?, _ index: UInt32
  ) -> Int32 {
    // SAFETY: the block layer passes both: a queue, and the tag set's `driver_data`, which `TagSet`
    // initialized.
    guard let queue = unsafe hardwareQueue else { return Errno.invalidArgument.kernelResult }
    if unsafe apus_hardware_queue_begin_again(queue, index) { return 0 }
    guard let data = unsafe data?.assumingMemoryBound(to: Driver.TagSetData.self) else {
      return Errno.invalidArgument.kernelResult
    }
    do throws(Errno) {
      let node = unsafe preferredNode(apus_hardware_queue_node(queue))
      let made = try unsafe Driver.makeHardwareQueueData(
        data.pointee, hardwareQueue: Int(index), node: node)
      let size = MemoryLayout<Driver.HardwareQueueData>.size
      guard let memory = unsafe apus_kept_alloc(size, node.rawValue) else { throw .outOfMemory }
      unsafe apus_hardware_queue_begin(
        queue, memory.initializeMemory(as: Driver.HardwareQueueData.self, to: made))
      return 0
    } catch {
      // SAFETY: the queue stays for the call.
      unsafe apus_hardware_queue_refuse(apus_hardware_queue_set(queue))
      return error.kernelResult
    }
  }

  /// `exit_hctx`.
  @inline(__always) @unsafe
  public static func exitHardwareQueue(_ hardwareQueue: OpaquePointer?, _ index: UInt32) {
    // SAFETY: the block layer passes a queue. The data comes from `init_hctx`, and this takes it
    // only once.
    guard let queue = unsafe hardwareQueue,
      let data = unsafe apus_hardware_queue_leave(queue, index)
    else { return }
    unsafe endKept(data, as: Driver.HardwareQueueData.self)
  }
}

/// Ends a value in memory of `apus_kept_alloc`, and frees the memory.
@inline(__always) @unsafe
func endKept<Value: ~Copyable>(_ memory: UnsafeMutableRawPointer, as type: Value.Type) {
  // SAFETY: the caller owns the memory and the value in it.
  unsafe _ = memory.assumingMemoryBound(to: type).deinitialize(count: 1)
  unsafe apus_kept_free(memory)
}

extension BlockAdapter where Driver: ~Copyable {
  /// `init_request`.
  ///
  /// Contract of the block layer: the request's memory is new and followed by the tag set's
  /// `cmd_size` bytes.
  @inline(__always) @unsafe
  public static func initializeRequest(
    _ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32,
    _ node: UInt32,
    timer: (@convention(c) (UnsafeMutableRawPointer?) -> CUnsignedInt)? = nil
  ) -> Int32 {
    // SAFETY: the contract above; `TagSet` initialized the tag set's data.
    guard let set = unsafe set, let request = unsafe raw?.assumingMemoryBound(to: request.self),
      let data = unsafe apus_set_data(set)?.assumingMemoryBound(to: Driver.TagSetData.self)
    else { return Errno.invalidArgument.kernelResult }
    // Requests that all hardware queues share have the index BLK_MQ_NO_HCTX_IDX.
    let index = index == UInt32.max ? 0 : index
    let place = unsafe RequestLayout<Driver>.data(request)
    // SAFETY: the contract above. Data that was kept is initialised, and of this type.
    let kind = unsafe apus_request_begin(
      set, index, place, MemoryLayout<Driver.RequestData>.size)
    if kind != APUS_REQUEST_IS_KEPT {
      do throws(Errno) {
        let made = try unsafe Driver.makeRequestData(
          data.pointee, hardwareQueue: Int(index),
          node: preferredNode(CInt(truncatingIfNeeded: node)))
        unsafe place.initialize(to: made)
      } catch {
        unsafe apus_request_refuse(set, index, kind)
        return error.kernelResult
      }
    }
    if RequestLayout<Driver>.hasLink {
      // SAFETY: the memory behind the data is reserved for the link.
      unsafe apus_request_link_init(
        set, request, RequestLayout<Driver>.linkOffset, index, kind != APUS_REQUEST_IS_NEW)
    }
    if Driver.traits.hasTimer {
      // SAFETY: the callback is the macro's, and the memory is reserved for the timer.
      unsafe apus_request_timer_init(
        request, unsafeBitCast(timer, to: UnsafeMutableRawPointer?.self))
    }
    return 0
  }

  /// `init_hctx`, for a driver with data of requests that has none of its hardware queues.
  @inline(__always) @unsafe
  public static func beginHardwareQueue(_ hardwareQueue: OpaquePointer?) -> Int32 {
    // SAFETY: the block layer passes a queue.
    if let queue = unsafe hardwareQueue { unsafe apus_hardware_queue_begin(queue, nil) }
    return 0
  }

  /// `exit_hctx`, for a driver that has no data of its hardware queues.
  @inline(__always) @unsafe
  public static func leaveHardwareQueue(_ hardwareQueue: OpaquePointer?, _ index: UInt32) {
    // SAFETY: the block layer passes a queue.
    if let queue = unsafe hardwareQueue { _ = unsafe apus_hardware_queue_leave(queue, index) }
  }

  /// `exit_request`: the block layer calls it only for requests whose initialization succeeded.
  @inline(__always) @unsafe
  public static func exitRequest(
    _ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32
  ) {
    // SAFETY: the block layer passes, once, a request that `init_request` initialized.
    guard let set = unsafe set, let request = unsafe raw?.assumingMemoryBound(to: request.self)
    else { return }
    if Driver.traits.hasTimer { unsafe apus_request_timer_exit(request) }
    let data = unsafe RequestLayout<Driver>.data(request)
    // (The data may have ended before, when the disk was taken away from its driver. A change of
    // the number of hardware queues keeps that of flush requests.)
    // SAFETY: `init_request` initialized the link.
    if RequestLayout<Driver>.hasLink,
      unsafe !apus_request_link_exit(
        set, request, RequestLayout<Driver>.linkOffset, data,
        MemoryLayout<Driver.RequestData>.size, index)
    {
      return
    }
    unsafe _ = data.deinitialize(count: 1)
  }
}

// The macro's code calls these for a driver that does not make such data in its body. The calls
// compile only if the driver has no such data.
extension BlockAdapter where Driver: ~Copyable, Driver.RequestData == NoData {
  /// Does nothing; compiles only for a driver without data of a request.
  @inline(__always)
  public static func hasNoRequestData() {}
}

extension BlockAdapter where Driver: ~Copyable, Driver.HardwareQueueData == NoData {
  /// Does nothing; compiles only for a driver without data of a hardware queue.
  @inline(__always)
  public static func hasNoHardwareQueueData() {}
}

extension BlockAdapter where Driver: ~Copyable, Driver.DiskData == NoData {
  /// Does nothing; compiles only for a driver without data of a disk.
  @inline(__always)
  public static func hasNoDiskData() {}
}

extension BlockAdapter where Driver: RequestTimerOperation & ~Copyable {
  /// The timer callback of a request.
  ///
  /// Contract of the kernel and of `Request.startTimer`: `timer` is a request's timer, and owns the
  /// only value of the request.
  @inline(__always) @unsafe
  public static func timerExpired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt {
    // SAFETY: the contract above; one value is made of the request. (Without a driver, the request
    // ends here. A hard interrupt is an RCU read-side critical section.)
    guard let timer = unsafe timer, let raw = unsafe apus_timer_request(timer) else { return 0 }
    let request = unsafe Request<Driver>(UnsafeMutableRawPointer(raw))
    guard let cell = unsafe DriverCell<Driver>.kept(by: .hardInterrupt, apus_request_queue(raw))
    else { return 0 }
    unsafe cell.pointee.driver.timerExpired(request)
    // (HRTIMER_NORESTART: the driver may have started the request's timer again by now.)
    return 0
  }
}

extension BlockAdapter where Driver: CleanUpOperation & ~Copyable {
  /// `cleanup_rq`.
  @inline(__always) @unsafe
  public static func cleanUp(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the pointer is only compared.
    guard let raw = unsafe raw else { return }
    // SAFETY: the request keeps its queue alive.
    _ = unsafe DriverCell<Driver>.read(
      apus_request_queue(raw.assumingMemoryBound(to: request.self))
    ) { cell in
      // SAFETY: the contract of the type; the caller owns the request and lends it.
      unsafe cell.driver.cleanUp(BorrowedRequest(raw))
    }
  }
}

extension BlockAdapter where Driver: BusyOperation & ~Copyable {
  /// `busy`.
  @inline(__always) @unsafe
  public static func isBusy(_ queue: UnsafeMutableRawPointer?) -> Bool {
    // SAFETY: the block layer passes a queue.
    guard let queue = unsafe queue?.assumingMemoryBound(to: request_queue.self) else {
      return false
    }
    // SAFETY: as above; the queue lives for the call.
    return unsafe DriverCell<Driver>.read(queue) { cell in cell.driver.isBusy() } ?? false
  }
}

extension BlockAdapter where Driver: MapQueuesOperation & ~Copyable {
  /// `map_queues`.
  @inline(__always) @unsafe
  public static func mapQueues(_ set: UnsafeMutableRawPointer?) {
    // SAFETY: the block layer passes a tag set of `TagSet`, with its data.
    guard let set = unsafe set,
      let data = unsafe apus_set_data(set)?.assumingMemoryBound(to: Driver.TagSetData.self)
    else { return }
    let maps = unsafe QueueMaps(set)
    // Maps all queues first, so that those that the driver does not map have a valid mapping.
    maps.assign()
    unsafe Driver.mapQueues(maps, data.pointee)
  }
}

extension BlockAdapter where Driver: ShowOperation & ~Copyable {
  /// `show_rq`.
  @inline(__always) @unsafe
  public static func show(_ file: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?) {
    // SAFETY: the pointers are only compared.
    guard let file = unsafe file, let raw = unsafe raw else { return }
    // The driver may end and requeue requests that it keeps, so it must not run under the lock of
    // the requeue list.
    // SAFETY: debugfs keeps the request for the call, and the request keeps its queue alive.
    if unsafe apus_requeue_list_is_locked(raw.assumingMemoryBound(to: request.self)) { return }
    // SAFETY: as above.
    _ = unsafe DriverCell<Driver>.read(
      apus_request_queue(raw.assumingMemoryBound(to: request.self))
    ) { cell in
      var text = InlineArray<256, UInt8>(repeating: 0)
      var span = text.mutableSpan
      // SAFETY: the writer gets the whole array and does not outlive the closure.
      unsafe span.withUnsafeMutableBytes { bytes in
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
          return
        }
        var writer = unsafe TextWriter(start, capacity: bytes.count)
        unsafe cell.driver.show(BorrowedRequest(raw), &writer)
        unsafe apus_seq_write(file, start, writer.count)
      }
    }
  }
}

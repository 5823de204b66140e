// SPDX-License-Identifier: GPL-2.0-only
// The C edge: from a callback in the driver's table to the driver's method, and its answer back.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

internal import CKernel
internal import Block
internal import Kernel

/// The calls that the macro's code makes. A driver does not use them.
///
/// The contract of the block layer and of `Disk`, for all of them: a queue's `queuedata` is null or the driver's cell, which stays until
/// the calls that began before it was made null have ended. `DriverCell` says what waits for which; it is the one way to the driver.
public enum BlockAdapter<Driver: BlockDriver & ~Copyable> {
  /// The node that the kernel names, or none.
  private static func preferredNode(_ number: CInt) -> NUMANode {
    do throws(Errno) { return try NUMANode(number) } catch { return .any }
  }

  /// `queue_rq`.
  ///
  /// Contract of the block layer: `data` is a `struct blk_mq_queue_data` whose request was not started, and belongs to
  /// the driver until it is ended or refused.
  @inline(__always) @unsafe
  public static func queue(_ hardwareQueue: OpaquePointer, _ data: UnsafeRawPointer) -> UInt8 {
    // SAFETY: the contract above. Without a driver, its disk was taken from under it.
    let request = unsafe apus_queue_data_request(data)
    guard let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, apus_hardware_queue_queue(hardwareQueue)) else {
      return BlockStatus.ioError.rawValue
    }
    // SAFETY: the contract above.
    let context = unsafe DispatchContext<Driver>(isLast: apus_queue_data_last(data), hardwareQueue)
    // SAFETY: the contract above: one value is made of the request, and the driver outlives the call.
    let result = unsafe cell.pointee.driver.queue(
      QueuedRequest(UnsafeMutableRawPointer(request), offeredIn: data), in: context)
    let status = result.status
    guard let refused = result.refusedRequest() else { return BlockStatus.ok.rawValue }
    // SAFETY: only compared.
    guard unsafe refused.isOffer(of: data, request) else {
      endAnother(refused)
      return BlockStatus.ok.rawValue
    }
    // SAFETY: the block layer has the request again; its one value is given up.
    _ = unsafe refused.take()
    unsafe RequestLayout<Driver>.returnBudget(request)
    return status.rawValue
  }

  /// Ends a request that another call had offered: the block layer does not expect it back from this
  /// call, whose own request the driver has consumed. (It does not happen in an honest driver.)
  @inline(never)
  private static func endAnother(_ refused: consuming QueuedRequest<Driver>) {}

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<OperationsTable<Driver>>
  ) -> UnsafePointer<OperationsTable<Driver>> {
    // SAFETY: the same address, to read.
    unsafe UnsafePointer(table)
  }
}

extension BlockAdapter where Driver: CommitOperation & ~Copyable {
  /// `commit_rqs`.
  @inline(__always) @unsafe
  public static func commit(_ hardwareQueue: OpaquePointer?) {
    // SAFETY: the contract of the type; the queue stays for the call.
    guard let queue = unsafe hardwareQueue,
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, apus_hardware_queue_queue(queue))
    else { return }
    unsafe cell.pointee.driver.commit(HardwareQueue(queue))
  }
}

extension BlockAdapter where Driver: QueueBatchOperation & ~Copyable {
  /// `queue_rqs`.
  ///
  /// Contract of the block layer: the list has requests of one queue, not started, one at least; what is left in it is its again.
  @inline(__always) @unsafe
  public static func queueBatch(_ list: UnsafeMutableRawPointer?) {
    // SAFETY: the contract above; null, which the block layer never gives, is looked for.
    guard let list = unsafe list else { return }
    var batch = unsafe apus_queue_batch(given: list, queue: nil, first_kept: nil, last_kept: nil)
    // SAFETY: the contract above.
    guard let first = unsafe apus_queue_batch_peek(&batch),
      let cell = unsafe DriverCell<Driver>.kept(by: .dispatch, apus_request_queue(first))
    else { return }
    unsafe batch.queue = apus_request_queue(first)
    // SAFETY: as above; the address holds for the call.
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
    // SAFETY: the contract of the type. Without a driver there is a budget, for requests that will get an I/O error.
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
    // To the block layer this says that there is none, so it will not give it back.
    if let token { unsafe cell.pointee.driver.returnBudget(token) }
    unsafe cell.pointee.budgetWasMissing(queue)
    return -1
  }

  /// `put_budget`: of a request that was not dispatched after all.
  @inline(__always) @unsafe
  public static func returnBudget(_ queue: UnsafeMutableRawPointer?, _ token: Int32) {
    // SAFETY: the contract of the type; the block layer gives a queue.
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
    // SAFETY: a request of this driver's tag set.
    guard let request = unsafe raw?.assumingMemoryBound(to: request.self) else { return }
    unsafe RequestLayout<Driver>.budget(request).pointee = token
  }

  /// `get_rq_budget_token`.
  @inline(__always) @unsafe
  public static func budgetToken(_ raw: UnsafeMutableRawPointer?) -> Int32 {
    // SAFETY: a request of this driver's tag set.
    guard let request = unsafe raw?.assumingMemoryBound(to: request.self) else { return -1 }
    return unsafe RequestLayout<Driver>.budget(request).pointee
  }
}

extension BlockAdapter where Driver: TimeoutOperation & ~Copyable {
  /// `timeout`.
  @inline(__always) @unsafe
  public static func timeOut(_ raw: UnsafeMutableRawPointer?) -> UInt32 {
    // SAFETY: the block layer keeps the request for the call; it may have completed meanwhile.
    guard let raw = unsafe raw,
      let cell = unsafe DriverCell<Driver>.kept(
        by: .timeoutWork, apus_request_queue(raw.assumingMemoryBound(to: request.self)))
    else { return APUS_BLK_EH_RESET_TIMER.rawValue }
    if case .wait = unsafe cell.pointee.driver.timeOut(LentRequest(raw)) { return APUS_BLK_EH_RESET_TIMER.rawValue }
    return APUS_BLK_EH_DONE.rawValue
  }
}

extension BlockAdapter where Driver: PollOperation & ~Copyable {
  /// `poll`.
  @inline(__always) @unsafe
  public static func poll(_ hardwareQueue: OpaquePointer?, _ batch: UnsafeMutableRawPointer?) -> Int32 {
    // SAFETY: only compared.
    guard let queue = unsafe hardwareQueue else { return 0 }
    // SAFETY: the queue stays for the call.
    return unsafe DriverCell<Driver>.read(apus_hardware_queue_queue(queue)) { cell in
      // SAFETY: the contract of the type; the caller completes the batch, if there is one.
      let ended = unsafe cell.driver.poll(
        HardwareQueue(queue), CompletionBatch(batch?.assumingMemoryBound(to: io_comp_batch.self)))
      return Int32(truncatingIfNeeded: min(max(ended, 0), 65535))
    } ?? 0
  }
}

extension BlockAdapter where Driver: CompleteOperation & ~Copyable {
  /// `complete`.
  ///
  /// Contract of the block layer: the request is one that was given to `blk_mq_complete_request`, once.
  @inline(__always) @unsafe
  public static func complete(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: only compared.
    guard let raw = unsafe raw else { return }
    // SAFETY: the request keeps its queue.
    let isTaken: Void? = unsafe DriverCell<Driver>.read(apus_request_queue(raw.assumingMemoryBound(to: request.self))) {
      cell in
      // SAFETY: the contract above: one value is made of the request.
      unsafe cell.driver.complete(Request<Driver>(raw))
    }
    // Without a driver, the value ends here.
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
    // SAFETY: the block layer gives both: a queue, and the tag set's `driver_data`, which `TagSet` initialised.
    guard let queue = unsafe hardwareQueue, let data = unsafe data?.assumingMemoryBound(to: Driver.TagSetData.self)
    else { return Errno.invalidArgument.kernelResult }
    do throws(Errno) {
      let node = unsafe preferredNode(apus_hardware_queue_node(queue))
      let made = try unsafe Driver.makeHardwareQueueData(data.pointee, hardwareQueue: Int(index), node: node)
      let box = try HeapBox(made, .kernel, node: node)
      unsafe apus_hardware_queue_set_data(queue, box.take())
      return 0
    } catch {
      return error.kernelResult
    }
  }

  /// `exit_hctx`.
  @inline(__always) @unsafe
  public static func exitHardwareQueue(_ hardwareQueue: OpaquePointer?, _ index: UInt32) {
    // SAFETY: the block layer gives a queue, which no call is lent after this.
    if let queue = unsafe hardwareQueue { unsafe apus_hardware_queue_settle(queue) }
    // SAFETY: what is there was put there by `init_hctx`, and is taken once.
    guard let queue = unsafe hardwareQueue, let data = unsafe apus_hardware_queue_take_data(queue) else { return }
    unsafe release(data)
  }

  /// Ends a hardware queue's data.
  @inline(__always) @unsafe
  static func release(_ data: UnsafeMutableRawPointer) {
    // SAFETY: the caller has it from the queue, where `init_hctx` had put it.
    _ = unsafe HeapBox(owning: data.assumingMemoryBound(to: Driver.HardwareQueueData.self))
  }
}

extension BlockAdapter where Driver: ~Copyable {
  /// `init_request`.
  ///
  /// Contract of the block layer: the request's memory is new, with the tag set's `cmd_size` bytes behind it.
  @inline(__always) @unsafe
  public static func initializeRequest(
    _ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32, _ node: UInt32,
    timer: (@convention(c) (UnsafeMutableRawPointer?) -> CUnsignedInt)? = nil
  ) -> Int32 {
    // SAFETY: the contract above; the tag set's data was initialised by `TagSet`.
    guard let set = unsafe set, let request = unsafe raw?.assumingMemoryBound(to: request.self),
      let data = unsafe apus_set_data(set)?.assumingMemoryBound(to: Driver.TagSetData.self)
    else { return Errno.invalidArgument.kernelResult }
    do throws(Errno) {
      let made = try unsafe Driver.makeRequestData(
        data.pointee, hardwareQueue: Int(index), node: preferredNode(CInt(truncatingIfNeeded: node)))
      unsafe RequestLayout<Driver>.data(request).initialize(to: made)
      if RequestLayout<Driver>.hasLink {
        // SAFETY: the memory behind the data is the link's.
        unsafe apus_request_link_init(set, request, RequestLayout<Driver>.linkOffset, index)
      }
      if Driver.traits.hasTimer {
        // SAFETY: the macro's callback, and memory that is the timer's.
        unsafe apus_request_timer_init(request, unsafeBitCast(timer, to: UnsafeMutableRawPointer?.self))
      }
      return 0
    } catch {
      return error.kernelResult
    }
  }

  /// `exit_request`: only for requests whose initialisation succeeded.
  @inline(__always) @unsafe
  public static func exitRequest(_ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32) {
    // SAFETY: the block layer gives what `init_request` has initialised, once.
    guard let set = unsafe set, let request = unsafe raw?.assumingMemoryBound(to: request.self) else { return }
    if Driver.traits.hasTimer { unsafe apus_request_timer_exit(request) }
    // (Its data may have ended before, when the disk was taken from under its driver.)
    // SAFETY: `init_request` made the link.
    if RequestLayout<Driver>.hasLink, unsafe !apus_request_link_exit(set, request, RequestLayout<Driver>.linkOffset) {
      return
    }
    unsafe _ = RequestLayout<Driver>.data(request).deinitialize(count: 1)
  }
}

// What the macro's code calls for a driver whose body has no maker of such data: it compiles only
// where there is none.
extension BlockAdapter where Driver: ~Copyable, Driver.RequestData == NoData {
  @inline(__always)
  public static func hasNoRequestData() {}
}

extension BlockAdapter where Driver: ~Copyable, Driver.HardwareQueueData == NoData {
  @inline(__always)
  public static func hasNoHardwareQueueData() {}
}

extension BlockAdapter where Driver: ~Copyable, Driver.DiskData == NoData {
  @inline(__always)
  public static func hasNoDiskData() {}
}

extension BlockAdapter where Driver: RequestTimerOperation & ~Copyable {
  /// The callback of the timer of a request.
  ///
  /// Contract of the kernel and of `Request.startTimer`: `timer` is a request's, and has the request's one value.
  @inline(__always) @unsafe
  public static func timerExpired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt {
    // SAFETY: the contract above: one value is made of the request. (Without a driver, it ends here. Hard interrupts are readers
    // of RCU.)
    guard let timer = unsafe timer, let raw = unsafe apus_timer_request(timer) else { return 0 }
    let request = unsafe Request<Driver>(UnsafeMutableRawPointer(raw))
    guard let cell = unsafe DriverCell<Driver>.kept(by: .hardInterrupt, apus_request_queue(raw)) else { return 0 }
    unsafe cell.pointee.driver.timerExpired(request)
    // (HRTIMER_NORESTART: the request may have been started again by now, in which case so was the timer.)
    return 0
  }
}

extension BlockAdapter where Driver: CleanUpOperation & ~Copyable {
  /// `cleanup_rq`.
  @inline(__always) @unsafe
  public static func cleanUp(_ raw: UnsafeMutableRawPointer?) {
    // SAFETY: only compared.
    guard let raw = unsafe raw else { return }
    // SAFETY: the request keeps its queue.
    _ = unsafe DriverCell<Driver>.read(apus_request_queue(raw.assumingMemoryBound(to: request.self))) { cell in
      // SAFETY: the contract of the type; the caller owns the request, and lends it.
      unsafe cell.driver.cleanUp(LentRequest(raw))
    }
  }
}

extension BlockAdapter where Driver: BusyOperation & ~Copyable {
  /// `busy`.
  @inline(__always) @unsafe
  public static func isBusy(_ queue: UnsafeMutableRawPointer?) -> Bool {
    // SAFETY: the block layer gives a queue.
    guard let queue = unsafe queue?.assumingMemoryBound(to: request_queue.self) else { return false }
    // SAFETY: as above, and it stays for the call.
    return unsafe DriverCell<Driver>.read(queue) { cell in cell.driver.isBusy() } ?? false
  }
}

extension BlockAdapter where Driver: MapQueuesOperation & ~Copyable {
  /// `map_queues`.
  @inline(__always) @unsafe
  public static func mapQueues(_ set: UnsafeMutableRawPointer?) {
    // SAFETY: a tag set of `TagSet`'s, with its data.
    guard let set = unsafe set, let data = unsafe apus_set_data(set)?.assumingMemoryBound(to: Driver.TagSetData.self)
    else { return }
    let maps = unsafe QueueMaps(set)
    // What the driver leaves unmapped is mapped.
    maps.assign()
    unsafe Driver.mapQueues(maps, data.pointee)
  }
}

extension BlockAdapter where Driver: ShowOperation & ~Copyable {
  /// `show_rq`.
  @inline(__always) @unsafe
  public static func show(_ file: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?) {
    // SAFETY: only compared.
    guard let file = unsafe file, let raw = unsafe raw else { return }
    // The driver may end and requeue what it keeps, so it is not called under the lock of the list of requeued requests.
    // SAFETY: debugfs keeps the request for the call, and the request its queue.
    if unsafe apus_requeue_list_is_locked(raw.assumingMemoryBound(to: request.self)) { return }
    // SAFETY: as above.
    _ = unsafe DriverCell<Driver>.read(apus_request_queue(raw.assumingMemoryBound(to: request.self))) { cell in
      var text = InlineArray<256, UInt8>(repeating: 0)
      var span = text.mutableSpan
      // SAFETY: the writer gets the whole array and lasts as long as the closure.
      unsafe span.withUnsafeMutableBytes { bytes in
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var writer = unsafe TextWriter(start, capacity: bytes.count)
        unsafe cell.driver.show(LentRequest(raw), &writer)
        unsafe apus_seq_write(file, start, writer.count)
      }
    }
  }
}

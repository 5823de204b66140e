// SPDX-License-Identifier: GPL-2.0-only
// The C edge: from a callback in the driver's table to the driver's method, and its answer back.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

internal import CKernel
internal import Block

/// The calls that the macro's code makes. A driver does not use them.
public enum BlockAdapter<Driver: BlockDriver & ~Copyable> {
  /// `queue_rq`.
  ///
  /// Contract of the block layer: `data` is a `struct blk_mq_queue_data` whose request was not started, belongs to
  /// the driver until it is ended or refused, and whose queue's `queuedata` is the driver that `Disk` put there,
  /// which stays until the queue is gone.
  @inline(__always) @unsafe
  public static func queue(_ hardwareQueue: OpaquePointer?, _ data: UnsafeRawPointer?) -> UInt8 {
    // SAFETY: the contract above; only null is looked for, which the block layer never gives.
    guard let data = unsafe data, let request = unsafe apus_queue_data_request(data),
      let driver = unsafe apus_request_queuedata(request)?.assumingMemoryBound(to: Driver.self)
    else { return BlockStatus.ioError.rawValue }
    // SAFETY: the contract above.
    let context = QueueContext(isLast: unsafe apus_queue_data_last(data))
    // SAFETY: the contract above: one value is made of the request, and the driver outlives the call.
    switch unsafe driver.pointee.queue(QueuedRequest(UnsafeMutableRawPointer(request)), in: context) {
    case .accepted:
      return BlockStatus.ok.rawValue
    case .refused(let refused):
      // SAFETY: only compared, then given back or ended.
      let raw = unsafe refused.take()
      if unsafe raw == UnsafeMutableRawPointer(request) { return BlockStatus.resource.rawValue }
      // Another call's request, kept until now: the block layer does not expect that one back, so it ends.
      // This call's was consumed by the driver.
      _ = unsafe QueuedRequest<Driver>(raw)
      return BlockStatus.ok.rawValue
    }
  }

  /// The address of the driver's table, which is a static variable and so never moves.
  @inline(__always) @unsafe
  public static func address(of table: UnsafeMutablePointer<OperationsTable>) -> UnsafePointer<OperationsTable> {
    // SAFETY: the same address, to read.
    unsafe UnsafePointer(table)
  }
}

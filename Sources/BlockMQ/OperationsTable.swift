// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks that the kernel is handed.
// C header: include/linux/blk-mq.h (struct blk_mq_ops)

/// The C table of a driver's operations, field by field a `struct blk_mq_ops` (asserted in CKernel/block.h).
/// What a driver does not implement is null.
///
/// Written by the macro `@BlockDriver` as constant data inside the driver's type; a driver does not use it.
@safe
public struct OperationsTable {
  public typealias QueueRequest = @convention(c) (OpaquePointer?, UnsafeRawPointer?) -> UInt8

  var queueRequest: QueueRequest?
  var commitRequests: OpaquePointer?
  var queueRequests: OpaquePointer?
  var getBudget: OpaquePointer?
  var putBudget: OpaquePointer?
  var setBudgetToken: OpaquePointer?
  var getBudgetToken: OpaquePointer?
  var timeout: OpaquePointer?
  var poll: OpaquePointer?
  var complete: OpaquePointer?
  var initializeHardwareQueue: OpaquePointer?
  var exitHardwareQueue: OpaquePointer?
  var initializeRequest: OpaquePointer?
  var exitRequest: OpaquePointer?
  var cleanupRequest: OpaquePointer?
  var busy: OpaquePointer?
  var mapQueues: OpaquePointer?
  var showRequest: OpaquePointer?

  @unsafe
  public init(queueRequest: @escaping QueueRequest) {
    // SAFETY: the macro's closure keeps the contract of `queue_rq`; see BlockAdapter.
    unsafe self.queueRequest = queueRequest
  }
}

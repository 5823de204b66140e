// SPDX-License-Identifier: GPL-2.0-only
// Requests in flight that a driver keeps: in a list, or in a table by tag.
// C header: include/linux/blk-mq.h (struct request: queuelist, tag)

internal import CKernel
public import Kernel

/// A first-in, first-out list of requests in flight. It needs no memory besides the requests' own.
/// Requests that are still in the list when it ends complete with an I/O error.
///
/// Invariant: the list's requests are in flight, and only this list owns them.
@safe
public struct RequestList<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private var list: apus_request_list

  /// Creates an empty list. Allocates no memory.
  public init() {
    // INVARIANT: the list is empty.
    unsafe list = apus_request_list(first: nil, last: nil)
  }

  deinit {
    // SAFETY: the type's invariant. (A copy of both ends: the list itself is not used any more.)
    var list = unsafe list
    while let request = unsafe apus_request_list_first(&list) {
      // SAFETY: as above; the value ends the request.
      _ = unsafe Request<Driver>(UnsafeMutableRawPointer(request))
    }
  }

  /// Whether the list has no requests.
  public var isEmpty: Bool {
    // SAFETY: the pointer is only compared.
    unsafe list.first == nil
  }

  /// Adds a request at the end.
  public mutating func append(_ request: consuming Request<Driver>) {
    // SAFETY: the type's invariant: the list owns the request from here on.
    unsafe apus_request_list_append(&list, request.take())
  }

  /// Takes the first request, or returns nil if the list is empty.
  public mutating func popFirst() -> Request<Driver>? {
    // SAFETY: the type's invariant: the caller owns the request from here on.
    guard let request = unsafe apus_request_list_first(&list) else { return nil }
    return unsafe Request(UnsafeMutableRawPointer(request))
  }

  /// Takes out a request that a callback has lent, or returns nil if the list does not have it.
  /// Takes time linear in the length of the list.
  public mutating func remove(_ request: borrowing BorrowedRequest<Driver>) -> Request<Driver>? {
    // SAFETY: the type's invariant: if the request is found, the caller owns it from here on.
    unsafe apus_request_list_remove(&list, request.pointer) ? Request(request.raw) : nil
  }

  /// Takes all requests, as a new list: to end them without holding a lock.
  public mutating func takeAll() -> RequestList {
    // SAFETY: the type's invariant: the new list owns the requests, and this list is empty.
    let taken = unsafe RequestList(moving: list)
    unsafe list = apus_request_list(first: nil, last: nil)
    return taken
  }

  private init(moving list: apus_request_list) {
    // INVARIANT: the caller gives up the requests.
    unsafe self.list = list
  }
}

/// A table of requests in flight, by hardware queue and tag. Code that knows only these numbers,
/// such as a device's completion or a timeout, finds the request if the driver still has it.
///
/// No operation waits. If several callers claim a request, exactly one gets it and the others get
/// nil. A claim with invalid numbers gets nil too.
///
/// One table serves the disks of one tag set. Requests that are still in the table when it ends
/// complete with an I/O error.
///
/// Invariant: `slots` has `hardwareQueues` times `depth` entries. Each entry is null or a request
/// in flight that only this entry owns.
@safe
public struct RequestTable<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let slots: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let hardwareQueues: Int
  private let depth: Int

  /// Allocates a table. The corresponding C function is `kvmalloc_node`.
  ///
  /// - Parameters:
  ///   - hardwareQueues: the largest number of hardware queues that the tag set will ever have.
  ///   - depth: the depth of the tag set.
  ///
  /// Throws: `invalidArgument` for numbers that no tag set has; `outOfMemory`.
  /// Context: may sleep.
  public init(hardwareQueues: Int, depth: Int, node: NUMANode = .any) throws(Errno) {
    guard hardwareQueues >= 1, hardwareQueues <= Int(UInt16.max), depth >= 1,
      depth <= TagSet<Driver>.maximumDepth
    else {
      throw .invalidArgument
    }
    // SAFETY: the product of two 16-bit numbers cannot overflow; kvmalloc may sleep, and so may
    // this call.
    guard
      let slots = unsafe apus_slots_make(
        hardwareQueues &* depth, AllocationFlags.kernel.rawValue, node.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: the memory is zeroed, so no entry holds a request.
    unsafe self.slots = slots
    self.hardwareQueues = hardwareQueues
    self.depth = depth
  }

  deinit {
    claimAll { _ in }
    // SAFETY: the type's invariant: the table owns the memory, and no request is left in it.
    unsafe apus_slots_free(slots)
  }

  private borrowing func claim(at index: Int) -> Request<Driver>? {
    // SAFETY: the caller's index is within the table; this call owns the request that was in the
    // slot.
    guard let raw = unsafe apus_slot_exchange(slots, index, nil) else { return nil }
    return unsafe Request(raw)
  }

  private borrowing func index(_ queue: Int, _ tag: Int) -> Int? {
    guard queue >= 0, queue < hardwareQueues, tag >= 0, tag < depth else { return nil }
    return queue &* depth &+ tag
  }

  /// Keeps a request until it is claimed. A request for which the table has no slot completes with
  /// an I/O error. So does a request that is found in the slot, because it belongs to another tag
  /// set.
  ///
  /// Context: any.
  public borrowing func park(_ request: consuming Request<Driver>) {
    guard let index = index(request.hardwareQueueIndex, request.tag) else { return }
    // SAFETY: the index is within the table, which owns the request from here on.
    let other = unsafe apus_slot_exchange(slots, index, request.take())
    // SAFETY: the table owned the other request, and now this call does; the value ends the
    // request.
    if let other = unsafe other { _ = unsafe Request<Driver>(other) }
  }

  /// Takes a request by its numbers. Returns nil if the table does not have it: it has been
  /// claimed, or was never parked.
  ///
  /// Context: any.
  public borrowing func claim(hardwareQueue: Int, tag: Int) -> Request<Driver>? {
    guard let index = index(hardwareQueue, tag) else { return nil }
    return claim(at: index)
  }

  /// Takes a request that a callback has lent, or returns nil if the table does not have it.
  ///
  /// Context: any.
  public borrowing func claim(_ request: borrowing BorrowedRequest<Driver>) -> Request<Driver>? {
    guard let index = index(request.hardwareQueueIndex, request.tag) else { return nil }
    // SAFETY: the index is within the table; if the slot held this request, this call owns it.
    return unsafe apus_slot_take(slots, index, request.raw) ? Request(request.raw) : nil
  }

  /// Claims every request and passes each to `body`, for example after a device reset.
  ///
  /// Context: any in which `body` may run. Requests that are parked concurrently may remain in the
  /// table.
  public borrowing func claimAll(_ body: (consuming Request<Driver>) -> Void) {
    var index = 0
    while index < hardwareQueues &* depth {
      if let request = claim(at: index) { body(request) }
      index &+= 1
    }
  }
}

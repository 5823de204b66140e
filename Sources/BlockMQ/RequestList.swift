// SPDX-License-Identifier: GPL-2.0-only
// Requests in flight that a driver keeps: in a list, or by their tags.
// C header: include/linux/blk-mq.h (struct request: queuelist, tag)

internal import CKernel
public import Kernel

/// A list of requests in flight, first in, first out; they need no memory besides their own. Requests that are still in it
/// when it ends complete with an I/O error.
///
/// Invariant: the list's requests are in flight, and only this list owns them.
@safe
public struct RequestList<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private var list: apus_request_list

  public init() {
    // INVARIANT: there are no requests.
    unsafe list = apus_request_list(first: nil, last: nil)
  }

  deinit {
    // SAFETY: the type's invariant. (A copy of the ends: nobody uses the list any more.)
    var list = unsafe list
    while let request = unsafe apus_request_list_first(&list) {
      // SAFETY: as above; the value ends the request.
      _ = unsafe Request<Driver>(UnsafeMutableRawPointer(request))
    }
  }

  public var isEmpty: Bool {
    // SAFETY: only compared.
    unsafe list.first == nil
  }

  /// Adds a request at the end.
  public mutating func append(_ request: consuming Request<Driver>) {
    // SAFETY: the type's invariant: it is the list's from here on.
    unsafe apus_request_list_append(&list, request.take())
  }

  /// Takes the first request out, or nil if there is none.
  public mutating func popFirst() -> Request<Driver>? {
    // SAFETY: the type's invariant: it is the caller's from here on.
    guard let request = unsafe apus_request_list_first(&list) else { return nil }
    return unsafe Request(UnsafeMutableRawPointer(request))
  }

  /// Takes a request out that a callback has lent, or nil if it is not in the list. Takes time in the length of the list.
  public mutating func remove(_ request: borrowing LentRequest<Driver>) -> Request<Driver>? {
    // SAFETY: the type's invariant: a request that is found is the caller's from here on.
    unsafe apus_request_list_remove(&list, request.pointer) ? Request(request.raw) : nil
  }

  /// Takes all requests out, as a list of their own: to end them where no lock is held.
  public mutating func takeAll() -> RequestList {
    // SAFETY: the type's invariant: the requests are the new list's, and none are left.
    let taken = unsafe RequestList(moving: list)
    unsafe list = apus_request_list(first: nil, last: nil)
    return taken
  }

  private init(moving list: apus_request_list) {
    // INVARIANT: the caller gives them up.
    unsafe self.list = list
  }
}

/// Requests in flight by hardware queue and tag, so that what only knows these (a device's completion, a timeout) finds the
/// request, if the driver still has it. Nobody waits: exactly one of those who claim a request gets it, and the others get nil, as
/// do those whose numbers are none.
///
/// One table serves the disks of one tag set. Requests that are still in it when it ends complete with an I/O error.
///
/// Invariant: `slots` has `hardwareQueues` times `depth` entries, each null or a request in flight that only it owns.
@safe
public struct RequestTable<Driver: BlockDriver & ~Copyable>: ~Copyable, @unchecked Sendable {
  private let slots: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let hardwareQueues: Int
  private let depth: Int

  /// Allocates a table. The corresponding C function is `kvmalloc_node`.
  ///
  /// - Parameters:
  ///   - hardwareQueues: as many as the tag set has, or will ever have.
  ///   - depth: the tag set's.
  ///
  /// Throws: `invalidArgument` for numbers that no tag set has; `outOfMemory`.
  /// Context: may sleep.
  public init(hardwareQueues: Int, depth: Int, node: NUMANode = .any) throws(Errno) {
    guard hardwareQueues >= 1, hardwareQueues <= Int(UInt16.max), depth >= 1, depth <= TagSet<Driver>.maximumDepth
    else {
      throw .invalidArgument
    }
    // SAFETY: the product of two numbers of 16 bits; kvmalloc may sleep, as this call.
    guard let slots = unsafe apus_slots_make(hardwareQueues &* depth, AllocationFlags.kernel.rawValue, node.rawValue)
    else { throw .outOfMemory }
    // INVARIANT: zeroed, so no entry holds a request.
    unsafe self.slots = slots
    self.hardwareQueues = hardwareQueues
    self.depth = depth
  }

  deinit {
    // (Not a range, for which the compiler provides traps.)
    var index = 0
    while index < hardwareQueues &* depth {
      _ = claim(at: index)
      index &+= 1
    }
    // SAFETY: the type's invariant: the memory is the table's own, and nothing is left in it.
    unsafe apus_slots_free(slots)
  }

  private borrowing func claim(at index: Int) -> Request<Driver>? {
    // SAFETY: the caller's index is within the table; what was in the slot is this call's.
    guard let raw = unsafe apus_slot_exchange(slots, index, nil) else { return nil }
    return unsafe Request(raw)
  }

  private borrowing func index(_ queue: Int, _ tag: Int) -> Int? {
    guard queue >= 0, queue < hardwareQueues, tag >= 0, tag < depth else { return nil }
    return queue &* depth &+ tag
  }

  /// Keeps a request until it is claimed. One that the table has no place for completes with an I/O error, as does one that is
  /// found in its place, which is of another tag set.
  ///
  /// Context: any.
  public borrowing func park(_ request: consuming Request<Driver>) {
    guard let index = index(request.hardwareQueueIndex, request.tag) else { return }
    // SAFETY: the index is within the table, whose the request is from here on.
    let other = unsafe apus_slot_exchange(slots, index, request.take())
    // SAFETY: the slot's owner was the table, and is this call; the value ends the request.
    if let other = unsafe other { _ = unsafe Request<Driver>(other) }
  }

  /// Takes a request by its numbers, or nil if the driver does not have it: it has been claimed, or was never parked.
  ///
  /// Context: any.
  public borrowing func claim(hardwareQueue: Int, tag: Int) -> Request<Driver>? {
    guard let index = index(hardwareQueue, tag) else { return nil }
    return claim(at: index)
  }

  /// Takes a request that a callback has lent, or nil if the driver does not have it in the table.
  ///
  /// Context: any.
  public borrowing func claim(_ request: borrowing LentRequest<Driver>) -> Request<Driver>? {
    guard let index = index(request.hardwareQueueIndex, request.tag) else { return nil }
    // SAFETY: the index is within the table; a slot that held this request gives it to this call.
    return unsafe apus_slot_take(slots, index, request.raw) ? Request(request.raw) : nil
  }

  /// Claims every request, and gives each to `body`: for a device that was reset.
  ///
  /// Context: any in which `body` may run. Requests that are parked meanwhile may be left.
  public borrowing func claimAll(_ body: (consuming Request<Driver>) -> Void) {
    var index = 0
    while index < hardwareQueues &* depth {
      if let request = claim(at: index) { body(request) }
      index &+= 1
    }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A request that a target maps.
// C header: include/linux/device-mapper.h (dm_clone_and_map_request_fn)

internal import CKernel
public import Block
public import Kernel

/// A request of a mapped device, lent to its target.
///
/// Invariant: `raw` is a request of `target`'s; both stay for the call.
@safe
public struct MappedRequest: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<request>
  private let target: UnsafeMutablePointer<dm_target>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<request>, of target: UnsafeMutablePointer<dm_target>) {
    // INVARIANT: the adapter has both for the call.
    unsafe self.raw = raw
    unsafe self.target = target
  }

  /// Where it begins on the mapped device.
  public var sector: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_dm_request_sector(raw))
  }

  /// The number of bytes.
  public var byteCount: Int {
    // SAFETY: the type's invariant.
    Int(unsafe apus_dm_request_bytes(raw))
  }

  /// What is asked for.
  public var operation: Operation {
    // SAFETY: the type's invariant.
    Operation(rawValue: unsafe apus_dm_request_operation(raw))
  }

  /// A request of a device below that does the same, at the same sector: for `MapRequestResult.remapped`, where one that lies beyond the
  /// device's end, is not in its blocks, or was made for another operation, is an I/O error.
  ///
  /// Throws: `wouldBlock`, `busy` and their kind if the device has no request left: push this one back. `invalidArgument` for a device
  /// without a queue of requests, or whose driver may sleep in `queue_rq`, for a partition, and for one that is not this target's.
  /// Context: any.
  public borrowing func clone(to device: borrowing UnderlyingDevice) throws(Errno) -> RequestClone {
    // SAFETY: the type's invariant; the device is the target's, and so open for the call.
    guard unsafe apus_dm_is_of(device.raw, target), unsafe apus_dm_maps_requests(device.raw) else {
      throw .invalidArgument
    }
    let clone = unsafe apus_dm_clone_request(device.raw, raw)
    try Errno.check(unsafe apus_error_of(clone))
    guard let clone = unsafe clone else { throw .outOfMemory }
    return unsafe RequestClone(clone)
  }
}

/// A request of a device below, not yet under way. One that is dropped is freed.
///
/// Invariant: `raw` is a request from `blk_mq_alloc_request` that only this value stands for.
@safe @frozen
public struct RequestClone: ~Copyable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe
  init(_ raw: UnsafeMutablePointer<request>) {
    // INVARIANT: the caller allocated it.
    unsafe self.raw = UnsafeMutableRawPointer(raw)
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_dm_free_clone(raw.assumingMemoryBound(to: request.self))
  }

  /// Gives up ownership.
  @unsafe
  consuming func take() -> UnsafeMutablePointer<request> {
    // SAFETY: the caller stands for it from here on.
    let pointer = unsafe raw.assumingMemoryBound(to: request.self)
    discard self
    return unsafe pointer
  }
}

/// What `mapRequest` makes of a request.
public enum MapRequestResult: ~Copyable {
  /// It is carried out by this one. `DM_MAPIO_REMAPPED`.
  case remapped(RequestClone)

  /// It is offered again: when another has ended, or after a while. `DM_MAPIO_REQUEUE`, `DM_MAPIO_DELAY_REQUEUE`.
  case requeue
  case requeueLater

  /// It ends with an I/O error. `DM_MAPIO_KILL`.
  case kill
}

/// What becomes of a request whose clone has ended.
public enum EndRequestResult: Sendable {
  /// It ends as the clone did. `DM_ENDIO_DONE`.
  case done

  /// It is offered again, at once or after a while, if the clone failed; one that succeeded is done. `DM_ENDIO_REQUEUE`,
  /// `DM_ENDIO_DELAY_REQUEUE`.
  case requeue
  case requeueLater
}

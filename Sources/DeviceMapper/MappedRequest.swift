// SPDX-License-Identifier: GPL-2.0-only
// A request that a target maps.
// C header: include/linux/device-mapper.h (dm_clone_and_map_request_fn)

internal import CKernel
public import Block
public import Kernel

/// A request of a mapped device, lent to its target.
///
/// Invariant: `raw` is a request that device mapper passed to `target`; both stay for the call.
@safe
public struct MappedRequest: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<request>
  private let target: UnsafeMutablePointer<dm_target>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<request>, of target: UnsafeMutablePointer<dm_target>) {
    // INVARIANT: the adapter keeps both for the call.
    unsafe self.raw = raw
    unsafe self.target = target
  }

  /// The first sector of the request on the mapped device.
  public var sector: Sector {
    // SAFETY: device mapper keeps the request for the call that lends this value.
    Sector(unsafe apus_dm_request_sector(raw))
  }

  /// The number of bytes.
  public var byteCount: Int {
    // SAFETY: device mapper keeps the request for the call that lends this value.
    Int(unsafe apus_dm_request_bytes(raw))
  }

  /// The operation of the request.
  public var operation: Operation {
    // SAFETY: device mapper keeps the request for the call that lends this value.
    Operation(rawValue: unsafe apus_dm_request_operation(raw))
  }

  /// Allocates a request of a device below, for the same operation at the same sector, to be
  /// returned in `MapRequestResult.remapped`. There, a clone that lies beyond the end of its
  /// device, that is not in the device's blocks, or that was made for another operation makes the
  /// request fail with an I/O error.
  ///
  /// Throws: `tryAgain`, `busy` or a similar error if the device has no free request: the target
  /// should requeue this one. `invalidArgument` for a device without a request queue, for a device
  /// whose driver may sleep in `queue_rq`, for a partition, and for a device that does not belong
  /// to this target.
  /// Context: any.
  public borrowing func clone(to device: borrowing UnderlyingDevice) throws(Errno) -> RequestClone {
    // SAFETY: the type's invariant; the device belongs to the target, and so is open for the call.
    guard unsafe apus_dm_is_of(device.raw, target), unsafe apus_dm_maps_requests(device.raw) else {
      throw .invalidArgument
    }
    let clone = unsafe apus_dm_clone_request(device.raw, raw)
    try Errno.check(unsafe apus_error_of(clone))
    guard let clone = unsafe clone else { throw .outOfMemory }
    return unsafe RequestClone(clone)
  }
}

/// A request of a device below that has not been issued yet. A value that is dropped frees the
/// request.
///
/// Invariant: `raw` is a request from `blk_mq_alloc_request` that only this value owns.
@safe @frozen
public struct RequestClone: ~Copyable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe
  init(_ raw: UnsafeMutablePointer<request>) {
    // INVARIANT: the caller has allocated it.
    unsafe self.raw = UnsafeMutableRawPointer(raw)
  }

  deinit {
    // SAFETY: this value owns the clone from `blk_mq_alloc_request`, and only this call frees it.
    unsafe apus_dm_free_clone(raw.assumingMemoryBound(to: request.self))
  }

  /// Gives up ownership.
  @unsafe
  consuming func take() -> UnsafeMutablePointer<request> {
    // SAFETY: the caller owns the request from here on.
    let pointer = unsafe raw.assumingMemoryBound(to: request.self)
    discard self
    return unsafe pointer
  }
}

/// The decision of `mapRequest` about a request.
public enum MapRequestResult: ~Copyable {
  /// The clone carries out the request. `DM_MAPIO_REMAPPED`.
  case remapped(RequestClone)

  /// Device mapper offers the request again, when another one has completed or after a delay.
  /// `DM_MAPIO_REQUEUE`, `DM_MAPIO_DELAY_REQUEUE`.
  case requeue
  case requeueLater

  /// The request fails with an I/O error. `DM_MAPIO_KILL`.
  case kill
}

/// The decision about a request whose clone has completed.
public enum EndRequestResult: Sendable {
  /// The request completes with the status of its clone. `DM_ENDIO_DONE`.
  case done

  /// If the clone failed, device mapper offers the request again, immediately or after a delay. If
  /// the clone succeeded, the request is done. `DM_ENDIO_REQUEUE`, `DM_ENDIO_DELAY_REQUEUE`.
  case requeue
  case requeueLater
}

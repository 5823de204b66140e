// SPDX-License-Identifier: GPL-2.0-only
// A range of a target whose memory is asked for directly.
// C header: include/linux/device-mapper.h (dm_dax_direct_access_fn), include/linux/dax.h

internal import CKernel
public import Block

/// A range of a target, which somebody wants to reach as memory: a file system that is mounted with `dax`.
///
/// A target answers with a place on a device below, and that is all: addresses and page frames stay with the library. It looks at the
/// answer before a device is asked, since neither device mapper nor the devices' drivers do, and a place beyond the end of a device would
/// be anybody's memory.
///
/// Invariant: `place` is where the adapter looks for the answer; it stays for the call.
@safe
public struct DirectAccess: ~Copyable, ~Escapable {
  private let place: UnsafeMutablePointer<apus_dm_place>

  /// Where the range begins within the target. On the mapped device this is where a page begins.
  public let targetSector: Sector

  /// How long it is: a number of whole pages. As a bio, it does not cross what `NewTarget.setMaximumIOLength` says.
  public let length: Sector

  @_lifetime(immortal) @unsafe
  init(_ place: UnsafeMutablePointer<apus_dm_place>, _ targetSector: Sector, length: Sector) {
    // INVARIANT: the adapter has it for the call.
    unsafe self.place = place
    self.targetSector = targetSector
    self.length = length
  }

  /// Says where the range lies, all of it in a row. What lies beyond the end of the device cannot be reached, and neither can anything if the
  /// sector is not where a page of the device begins (EINVAL), or if the device's memory cannot be reached directly (EOPNOTSUPP). For a
  /// device that is not this target's nothing is said.
  public borrowing func pass(to device: borrowing UnderlyingDevice, at sector: Sector) {
    // SAFETY: the type's invariant; the device is the target's, and stays as long as that, which device mapper keeps for the call.
    guard unsafe apus_dm_is_of(device.raw, place.pointee.target) else { return }
    unsafe place.pointee.device = device.raw
    unsafe place.pointee.sector = sector.count
  }
}

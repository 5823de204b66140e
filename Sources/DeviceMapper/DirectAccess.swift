// SPDX-License-Identifier: GPL-2.0-only
// A range of a target that is accessed directly, as memory.
// C header: include/linux/device-mapper.h (dm_dax_direct_access_fn), include/linux/dax.h

internal import CKernel
public import Block

/// A range of a target that the kernel accesses directly as memory, for example for a file system
/// that is mounted with `dax`.
///
/// The target only answers with a place on a device below it. Addresses and page frames stay within
/// the library, which checks the place before it calls the device's driver: neither device mapper
/// nor the drivers of the devices do, and a place beyond the end of a device would be unrelated
/// memory.
///
/// Invariant: `place` is where the adapter reads the answer; it stays for the call.
@safe
public struct DirectAccess: ~Copyable, ~Escapable {
  private let place: UnsafeMutablePointer<apus_dm_place>

  /// The start of the range within the target. On the mapped device it is the start of a page.
  public let targetSector: Sector

  /// The length of the range, a number of whole pages. Like a bio, the range does not cross a
  /// multiple of the length set with `NewTarget.setMaximumIOLength`.
  public let length: Sector

  @_lifetime(immortal) @unsafe
  init(_ place: UnsafeMutablePointer<apus_dm_place>, _ targetSector: Sector, length: Sector) {
    // INVARIANT: the adapter keeps `place` for the call.
    unsafe self.place = place
    self.targetSector = targetSector
    self.length = length
  }

  /// Sets the place of the range, which is contiguous on the device. The part beyond the end of the
  /// device cannot be accessed. The whole access fails if the sector is not at the start of a page
  /// of the device (EINVAL), or if the device does not support direct access (EOPNOTSUPP). A device
  /// of another target is ignored.
  public borrowing func pass(to device: borrowing UnderlyingDevice, at sector: Sector) {
    // SAFETY: the type's invariant; the device belongs to the target, and stays as long as the
    // target, which device mapper keeps for the call.
    guard unsafe apus_dm_is_of(device.raw, place.pointee.target) else { return }
    unsafe place.pointee.device = device.raw
    unsafe place.pointee.sector = sector.count
  }
}

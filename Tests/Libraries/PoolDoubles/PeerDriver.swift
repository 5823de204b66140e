// SPDX-License-Identifier: GPL-2.0-only
// The driver of another C module.

internal import CKernel
public import Kernel

/// The driver of a C module. This value keeps the module loaded.
///
/// Invariant: `driver` is the structure that the module exports, and this value holds a reference
/// to the module.
@safe
public struct PeerDriver: ~Copyable, @unchecked Sendable {
  let driver: UnsafeMutablePointer<zpool_driver>

  init(_ name: StaticCString) throws(Errno) {
    // SAFETY: a literal ends with a NUL.
    guard let driver = unsafe apus_zpool_peer_get(name.cString) else {
      throw .noSuchFileOrDirectory
    }
    // INVARIANT: the reference was just taken.
    unsafe self.driver = driver
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_zpool_peer_put(driver)
  }
}

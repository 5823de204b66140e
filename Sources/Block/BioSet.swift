// SPDX-License-Identifier: GPL-2.0-only
// Where bios come from.
// C header: include/linux/bio.h (struct bio_set)

internal import CKernel
public import Kernel

/// A set that bios are allocated from, with some in reserve: an allocation that may wait gets one sooner or later, however
/// short of memory the kernel is, as long as the bios before it end. So a driver on the way of I/O has a set of its own.
///
/// Its end waits until all of its bios have ended. So a bio that is kept ends before its set does (of a struct's properties the
/// first one ends first), and the set ends where it may sleep. If bios are left after half a minute, the set's memory is lost,
/// with a line in the log.
@safe
public struct BioSet<Handler: BioHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  package let set: BioMemory

  /// The corresponding C function is `bioset_init`.
  ///
  /// - Parameter reserve: how many bios are kept for when memory is short, 1 at least.
  ///
  /// Throws: `invalidArgument` for a reserve that cannot be; `outOfMemory`.
  /// Context: may sleep.
  public init(reserve: Int) throws(Errno) {
    set = try BioMemory(reserve: reserve, front: BioCore<Handler>.front)
  }
}

/// The C part of a set of bios.
///
/// Invariant: `core` has an initialised set until `deinit`; each of its bios is one of the gate's users.
@safe
@usableFromInline
package struct BioMemory: ~Copyable {
  private let core: UnsafeMutablePointer<apus_bio_set>

  package init(reserve: Int, front: Int) throws(Errno) {
    // (C counts the bytes in 32 bits.)
    guard reserve >= 1, reserve <= 4096, front <= 4096 else { throw .invalidArgument }
    // SAFETY: all zeroes, until the next call makes it what it is.
    let box = try unsafe HeapBox(apus_bio_set(), .kernel)
    // SAFETY: the memory is ours and does not move. The set frees what it has if this fails.
    try Errno.check(
      unsafe apus_bio_set_init(box.address, UInt32(truncatingIfNeeded: reserve), UInt32(truncatingIfNeeded: front)))
    // INVARIANT: initialised just now.
    unsafe core = box.take()
  }

  deinit {
    // SAFETY: the type's invariant; nobody allocates any more, since that borrows this value. What waits may sleep.
    guard unsafe apus_may_sleep(), unsafe apus_gate_close_soon(&core.pointee.gate) else {
      log(.error, "a set of bios ends while there are bios of it, or where that cannot wait; its memory is lost")
      return
    }
    // SAFETY: none of its bios is left; the memory was a box's.
    unsafe apus_bio_set_exit(core)
    _ = unsafe HeapBox(owning: core)
  }

  /// The structure, for what allocates bios.
  @unsafe
  package var raw: UnsafeMutableRawPointer {
    // SAFETY: the caller borrows this value.
    unsafe UnsafeMutableRawPointer(core)
  }
}

/// How many bytes lie in front of a bio for a value of some size: a multiple of 16, so that the bio is aligned.
@inline(__always)
package func bioFront(_ size: Int) -> Int { (size &+ 15) & ~15 }

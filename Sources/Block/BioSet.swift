// SPDX-License-Identifier: GPL-2.0-only
// The sets that bios are allocated from.
// C header: include/linux/bio.h (struct bio_set)

internal import CKernel
public import Kernel

/// A set that bios are allocated from, with a reserve. An allocation that may wait eventually gets
/// a bio, however short of memory the kernel is, as long as earlier bios of the set complete. A
/// driver on the I/O path therefore has a set of its own.
///
/// Destroying the set waits until all of its bios have been freed. A bio that the driver keeps must
/// therefore be freed before its set (Swift destroys the stored properties of a struct in the order
/// of their declaration), and the set must be destroyed where the caller may sleep. If the caller
/// may not sleep, or if bios are left after 30 seconds, the set's memory leaks, and the library
/// logs an error.
///
/// ```swift
/// /// A log on a device of its own. Its set has a reserve: when memory is short, the write-back
/// /// that frees memory writes to the log first.
/// struct LogDevice<Write: BioHandler & ~Copyable>: ~Copyable, Sendable {
///   // Ends before the device, and waits for its bios.
///   private let bios: BioSet<Write>
///   private let device: BlockDevice
///
///   init(_ device: consuming BlockDevice) throws(Errno) {
///     bios = try BioSet(reserve: 16)
///     self.device = device
///   }
///
///   func write(_ page: consuming Page, at sector: Sector, _ handler: consuming Write)
///     throws(Errno)
///   {
///     var bio = try Bio(from: bios, pageCapacity: 1, .noIO)
///     try bio.append(page)
///     try bio.submit(to: device, at: sector, .write, .synchronous, handler: handler)
///   }
/// }
/// ```
@safe
public struct BioSet<Handler: BioHandler & ~Copyable>: ~Copyable, @unchecked Sendable {
  package let set: BioMemory

  /// Creates a set. The corresponding C function is `bioset_init`.
  ///
  /// - Parameter reserve: the number of bios that are kept for when memory is short, at least 1.
  ///
  /// Throws: `invalidArgument` if `reserve` is out of range; `outOfMemory`.
  /// Context: may sleep.
  public init(reserve: Int) throws(Errno) {
    set = try BioMemory(reserve: reserve, front: BioContext<Handler>.front)
  }
}

/// The C part of a set of bios.
///
/// Invariant: `set` has an initialised set until `deinit`; its in-flight count includes each of its
/// bios.
@safe
@usableFromInline
package struct BioMemory: ~Copyable {
  private let set: UnsafeMutablePointer<apus_bio_set>

  package init(reserve: Int, front: Int) throws(Errno) {
    // (C counts the bytes in 32 bits.)
    guard reserve >= 1, reserve <= 4096, front <= 4096 else { throw .invalidArgument }
    // SAFETY: all zeroes; the next call initialises it.
    let box = try unsafe HeapBox(apus_bio_set(), .kernel)
    // SAFETY: this call owns the memory, which does not move. If the call fails, it frees what it
    // has allocated.
    try Errno.check(
      unsafe apus_bio_set_init(
        box.address, UInt32(truncatingIfNeeded: reserve), UInt32(truncatingIfNeeded: front)))
    // INVARIANT: initialised just now.
    unsafe set = box.take()
  }

  deinit {
    // SAFETY: the type's invariant; allocating borrows this value, so there are no more
    // allocations. The drain, which waits, is reached only where this task may sleep.
    guard unsafe apus_may_sleep(), unsafe apus_inflight_drain_soon(&set.pointee.inflight) else {
      log(
        .error,
        "a set of bios ends while there are bios of it, or where that cannot wait; its memory is lost"
      )
      return
    }
    // SAFETY: no bio of the set is left; the memory came from a box.
    unsafe apus_bio_set_exit(set)
    _ = unsafe HeapBox(owning: set)
  }

  /// The C structure, for the code that allocates bios.
  @unsafe
  package var raw: UnsafeMutableRawPointer {
    // SAFETY: the caller borrows this value.
    unsafe UnsafeMutableRawPointer(set)
  }
}

/// The number of bytes in front of a bio for a value of `size` bytes: a multiple of 16, so that the
/// bio is aligned.
@inline(__always)
package func bioFront(_ size: Int) -> Int { (size &+ 15) & ~15 }

// SPDX-License-Identifier: GPL-2.0-only
// apus_bugs: memory used after its end, beyond its end, ended twice, and never.
//
// Each bug is in a function of its own, which is not inlined: the report has to name it.

internal import CKernel
import Kernel

/// Three words: an object that does not fill its slab's slot.
private typealias Words = (UInt64, UInt64, UInt64)

/// Reads a box's value when the box has ended.
@inline(never)
func plantUseAfterFree() throws(Errno) {
  let address: UnsafeMutablePointer<UInt64>
  do {
    let box = try HeapBox(UInt64(7), .kernel)
    // SAFETY: none: it is kept beyond the box's life.
    unsafe address = box.address
  }
  // SAFETY: none: the box has ended.
  log(.info, "a value after its end: \(unsafe address.pointee)")
}

/// Reads a page's bytes when the page has been freed.
@inline(never)
func plantPageUseAfterFree() throws(Errno) {
  var address = unsafe UnsafeRawPointer(bitPattern: 8)
  do {
    let page = try Page(.kernel | .zeroed)
    page.withBytes { bytes in
      // SAFETY: none: the address leaves its scope.
      unsafe bytes.withUnsafeBytes { buffer in unsafe address = buffer.baseAddress }
    }
  }
  // SAFETY: none: the page has ended.
  log(.info, "a page after its end: \(unsafe address?.load(as: UInt64.self) ?? 0)")
}

/// Writes behind a box's last byte.
@inline(never)
func plantOutOfBounds() throws(Errno) {
  let box = try HeapBox<Words>((1, 2, 3), .kernel)
  // SAFETY: none: the box has bytes 0 to 23.
  unsafe UnsafeMutableRawPointer(box.address).storeBytes(of: 4, toByteOffset: 24, as: UInt32.self)
  log(.info, "wrote behind \(box.value.2)")
}

/// Copies more bytes to a box than it has, as the kernel's own memcpy does it.
@inline(never)
func plantCopyOutOfBounds() throws(Errno) {
  let page = try Page(.kernel | .zeroed)
  let box = try HeapBox<Words>((1, 2, 3), .kernel)
  page.withBytes { bytes in
    // SAFETY: none: the box is shorter by a byte.
    unsafe bytes.withUnsafeBytes { buffer in unsafe apus_memcpy(box.address, buffer.baseAddress, 25)
    }
  }
  log(.info, "copied over \(box.value.2)")
}

/// Reads behind a local variable.
@inline(never)
func plantStackOutOfBounds() throws(Errno) {
  var words: Words = (1, 2, 3)
  let value = unsafe withUnsafeMutableBytes(of: &words) { bytes in
    // SAFETY: none: the variable has three words. The index passes through C, so that the compiler
    // cannot know.
    unsafe bytes.baseAddress?.load(fromByteOffset: opaque(3) &* 8, as: UInt64.self)
  }
  log(.info, "behind a variable: \(value ?? 0)")
}

/// Frees a box's memory twice.
@inline(never)
func plantDoubleFree() throws(Errno) {
  let box = try HeapBox(UInt64(7), .kernel)
  // SAFETY: none: the box frees it again.
  unsafe apus_kfree(box.address)
}

/// Forgets boxes without ending them: several, because one may still be found in a stale register
/// or stack slot.
@inline(never)
func plantLeak() throws(Errno) {
  var count = 0
  while count < 8 {
    let box = try HeapBox<Words>((0, 0, 0), .kernel)
    // SAFETY: none: nobody frees what was taken.
    _ = unsafe box.take()
    count &+= 1
  }
}

/// A number that the compiler cannot see through.
@inline(never)
private func opaque(_ number: Int) -> Int {
  var word = UInt64(truncatingIfNeeded: number)
  // SAFETY: the word is this function's own.
  return Int(truncatingIfNeeded: unsafe apus_read_once(&word))
}

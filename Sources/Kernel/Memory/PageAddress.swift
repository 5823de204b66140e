// SPDX-License-Identifier: GPL-2.0-only
// Page arithmetic: shift, size, mask, rounding, and the one range check that every access uses.
// C header: arch/x86/include/asm/page_types.h

internal import CKernel

/// The number of address bits within a page. The corresponding C constant is `PAGE_SHIFT`.
public var pageShift: Int {
  Int(truncatingIfNeeded: APUS_PAGE_SHIFT.rawValue)
}

/// The number of bytes in a page. The corresponding C constant is `PAGE_SIZE`.
public var pageSize: Int { 1 &<< pageShift }

/// The mask of the address bits that select the page. The corresponding C constant is `PAGE_MASK`.
public var pageMask: UInt { ~(UInt(bitPattern: pageSize) &- 1) }

/// Rounds an address up to a page boundary. Returns nil if the result is beyond the address space.
///
/// The corresponding C macro is `PAGE_ALIGN`, which wraps around instead.
public func pageAlign(_ address: UInt) -> UInt? {
  let (sum, overflow) = address.addingReportingOverflow(UInt(bitPattern: pageSize) &- 1)
  return overflow ? nil : sum & pageMask
}

/// Checks that `length` bytes at `offset` lie within `size` bytes.
///
/// The check is correct for every combination of integers, including negative and overflowing ones.
///
/// Throws: `invalidArgument`.
@inline(__always)
package func checkRange(offset: Int, length: Int, size: Int) throws(Errno) {
  // As unsigned numbers, negative integers are larger than any size.
  let offset = UInt(bitPattern: offset)
  let length = UInt(bitPattern: length)
  let size = UInt(bitPattern: size)
  guard length <= size, offset <= size &- length else { throw .invalidArgument }
}

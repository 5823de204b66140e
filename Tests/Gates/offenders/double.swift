// SPDX-License-Identifier: GPL-2.0-only
// A multiplication of floating-point numbers. The kernel's flags leave the compiler the x87.
@_cdecl("offence") public func offence(_ value: Int) -> Int32 {
  Int32(truncatingIfNeeded: (Double(bitPattern: UInt64(bitPattern: Int64(value))) * 2.5).bitPattern)
}

// SPDX-License-Identifier: GPL-2.0-only
// An addition that may overflow: one trap.
@_cdecl("offence") public func offence(_ value: Int) -> Int32 { Int32(truncatingIfNeeded: value + 1) }

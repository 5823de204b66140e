// SPDX-License-Identifier: GPL-2.0-only
// A static that is computed when it is first used.
@_extern(c) func get_random_u32() -> UInt32
enum Made { static let number = get_random_u32() }
@_cdecl("offence") public func offence(_ value: Int) -> Int32 { Int32(truncatingIfNeeded: Made.number) }

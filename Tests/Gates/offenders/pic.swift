// SPDX-License-Identifier: GPL-2.0-only
// Position-independent code, Swift's default: what is public or outside is reached through a table that modules lack.
@_extern(c) func get_random_u32() -> UInt32
nonisolated(unsafe) public var function: @convention(c) () -> UInt32 = { 0 }
@_cdecl("offence") public func offence(_ value: Int) -> Int32 {
  function = get_random_u32
  return 0
}

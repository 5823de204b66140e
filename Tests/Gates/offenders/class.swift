// SPDX-License-Identifier: GPL-2.0-only
// A class: its instances live in Swift's heap.
@_extern(c) func get_random_u32() -> UInt32
public class Box { var value = get_random_u32() }
@inline(never) func make() -> Box { Box() }
nonisolated(unsafe) var kept: Box? = nil
@_cdecl("offence") public func offence(_ value: Int) -> Int32 {
  kept = make()
  return 0
}

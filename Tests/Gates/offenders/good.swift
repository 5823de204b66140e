// SPDX-License-Identifier: GPL-2.0-only
// No offence: an operations table of closures in constant data, a struct with a deinit, and a function of the kernel.
@_extern(c) func get_random_u32() -> UInt32
struct Resource: ~Copyable {
  let number: UInt32
  deinit { if number == 7 { _ = get_random_u32() } }
}
enum Table { nonisolated(unsafe) static var call: @convention(c) (Int) -> Int32 = { value in Int32(truncatingIfNeeded: value &+ 1) } }
@_cdecl("offence") public func offence(_ value: Int) -> Int32 {
  let resource = Resource(number: get_random_u32())
  return Table.call(value) &+ Int32(truncatingIfNeeded: resource.number)
}

// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ConfigfsType'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

extension ConfigfsType { // MISUSE
extension Nanoseconds { // TWIN
  borrowing func add(_ name: StaticCString, show: (@convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int)?, store: (@convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int)?) {}
}

// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ConfigurationType'
import Kernel

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

extension ConfigurationType { // MISUSE
extension Nanoseconds { // TWIN
  borrowing func add(_ name: Literal, show: (@convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int)?, store: (@convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int)?) {}
}

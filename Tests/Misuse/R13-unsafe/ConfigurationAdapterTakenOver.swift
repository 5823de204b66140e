// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ConfigurationAdapter'
import Kernel

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

extension ConfigurationAdapter where Item == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func release(_ item: OpaquePointer?) {}
}

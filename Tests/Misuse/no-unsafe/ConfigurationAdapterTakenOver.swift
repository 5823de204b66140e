// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ConfigfsAdapter'
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

extension ConfigfsAdapter where Item == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func release(_ item: OpaquePointer?) {}
}

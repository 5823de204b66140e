// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Attribute("depth") let depth = NamedSetting(Side.left)
  let last = TextSetting<8>()

  func willChange(_ attribute: StaticCString) throws(Errno) {
    last.set(ShortText(attribute)) // MISUSE
    guard last.value.equals(attribute) else { throw .busy } // TWIN
  }
}

enum Side: NamedValue {
  case left

  static func entry(_ index: Int) -> (name: StaticCString, value: Side)? { index == 0 ? ("left", .left) : nil }
}

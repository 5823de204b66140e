// SPDX-License-Identifier: GPL-2.0-only
// A protocol promises that the result depends on nothing, and the method that it does on the view.
// EXPECT: lifetime-dependent value escapes its scope
import Kernel

protocol Keeper {
  @_lifetime(immortal) // MISUSE
  @_lifetime(copy bytes) // TWIN
  static func keep(_ bytes: RawSpan) -> RawSpan
}

enum Kept: Keeper {
  @_lifetime(copy bytes)
  static func keep(_ bytes: RawSpan) -> RawSpan { bytes }
}

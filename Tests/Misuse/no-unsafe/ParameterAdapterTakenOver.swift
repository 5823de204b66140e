// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ParameterAdapter'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var depth: Int = 8

  init() throws(Errno) {}
}

extension ParameterAdapter { // MISUSE
extension Nanoseconds { // TWIN
  static func set(_ storage: UnsafeMutablePointer<UInt64>, name: StaticCString, to text: UnsafePointer<CChar>?, from lower: Int, through upper: Int) -> CInt { 0 }
}

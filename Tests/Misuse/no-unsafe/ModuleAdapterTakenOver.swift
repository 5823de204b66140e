// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension ModuleAdapter'
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Probe: KernelModule, ~Copyable {

  init() throws(Errno) {}
}

extension ModuleAdapter { // MISUSE
extension Nanoseconds { // TWIN
  static func start(_ instance: inout Probe?) -> CInt { 0 }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@KernelModule' can only be attached to a struct
import Kernel

@KernelModule(author: "Somebody", description: "Nothing", version: "1")
enum Probe: KernelModule { // MISUSE
struct Probe: KernelModule { // TWIN
  init() throws(Errno) { throw .notSupported }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: '@KernelModule' stands at a struct that is in no other type
import Kernel

enum Outer { @KernelModule(author: "a", description: "b", version: "c") struct Probe: KernelModule, ~Copyable { init() throws(Errno) {} } } // MISUSE
@KernelModule(author: "a", description: "b", version: "c") struct Probe: KernelModule, ~Copyable { init() throws(Errno) {} } // TWIN

// SPDX-License-Identifier: GPL-2.0-only
// A variable in the place of a module.
// EXPECT: drivers may not say 'Kernel for something of its own'
import Kernel

let Kernel = 1 // MISUSE
let kernel = 1 // TWIN

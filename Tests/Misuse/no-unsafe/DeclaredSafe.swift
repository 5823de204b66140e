// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '@safe'
import Kernel

@safe // MISUSE
// TWIN
struct Place { let page: UInt }

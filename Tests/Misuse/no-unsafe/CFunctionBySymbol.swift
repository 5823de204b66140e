// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '@_silgen_name'
import Kernel

@_silgen_name("panic") func stop() // MISUSE
func stop() {} // TWIN

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '@unsafe'
import Kernel

@unsafe // MISUSE
// TWIN
func nothing() {}

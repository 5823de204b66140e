// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'async'
import Kernel

func wait() async {} // MISUSE
func wait() {} // TWIN

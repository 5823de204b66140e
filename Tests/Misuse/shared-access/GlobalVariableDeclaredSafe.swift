// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'unsafe'
import Synchronization

nonisolated(unsafe) var count = 0 // MISUSE
let count = Atomic<Int>(0) // TWIN

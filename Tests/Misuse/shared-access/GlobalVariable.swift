// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: var 'count' is not concurrency-safe because it is nonisolated global shared mutable state
import Synchronization

var count = 0 // MISUSE
let count = Atomic<Int>(0) // TWIN

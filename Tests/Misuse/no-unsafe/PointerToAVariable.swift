// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func first(_ number: Int) -> Int {
  withUnsafeBytes(of: number) { $0.count } // MISUSE
  number // TWIN
}

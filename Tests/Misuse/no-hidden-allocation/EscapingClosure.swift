// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use escaping closures in -no-allocations mode
import Kernel

public func adder(_ number: Int) -> (Int) -> Int {
  { other in number &+ other } // MISUSE
  { other in other &+ 1 } // TWIN
}

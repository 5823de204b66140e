// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of closure capture .box. after consume
// EXPECT: overlapping accesses to 'box'
import Kernel

func read(_ box: consuming RCUBox<Int>) -> Int {
  box.withValue { value in
    _ = consume box // MISUSE
    return value
    // TWIN
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' consumed in a loop
import Kernel

func release(_ page: consuming Page, _ count: Int) {
  var left = count
  while left > 0 {
    left &-= 1
    drop(page) // MISUSE
    drop(left) // TWIN
  }
}

func drop(_ page: consuming Page) {}
func drop(_ number: Int) {}

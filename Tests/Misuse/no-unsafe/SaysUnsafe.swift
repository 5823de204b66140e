// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'unsafe'
import Kernel

func forget(_ page: consuming Page) {
  _ = unsafe page.take() // MISUSE
  _ = page // TWIN
}

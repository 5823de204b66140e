// SPDX-License-Identifier: GPL-2.0-only
// The pointer inside an owner is for code that may say `unsafe`.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func forget(_ page: consuming Page) {
  _ = page.take() // MISUSE
  _ = page // TWIN
}

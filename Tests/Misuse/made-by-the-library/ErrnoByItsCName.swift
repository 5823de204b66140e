// SPDX-License-Identifier: GPL-2.0-only
// The C name is known, and the compiler says what to write instead.
// EXPECT: 'ENOMEM' has been renamed to 'outOfMemory'
import Kernel

func fail() throws(Errno) {
  throw .ENOMEM // MISUSE
  throw .outOfMemory // TWIN
}

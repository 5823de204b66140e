// SPDX-License-Identifier: GPL-2.0-only
// Not every number is an error: 0 is success to every C caller.
// EXPECT: value of optional type 'Errno\?' must be unwrapped
import Kernel

func error(_ number: CInt) -> Errno {
  Errno(rawValue: number) // MISUSE
  Errno(rawValue: number) ?? .ioError // TWIN
}

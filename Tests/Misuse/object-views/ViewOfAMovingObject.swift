// SPDX-License-Identifier: GPL-2.0-only
// zsmalloc's objects are not looked at where they are: two of them may not be mapped at once.
// EXPECT: requires that 'KernelStore' conform to 'AddressableStore'
import Zpool

func length(_ object: borrowing Allocation<KernelStore>) -> Int {
  return object.withBytes { bytes in bytes.byteCount } // MISUSE
  return object.byteCount // TWIN
}

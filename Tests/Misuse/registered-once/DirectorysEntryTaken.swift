// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: inaccessible
import Kernel

func isThere(_ directory: borrowing DebugDirectory) -> Bool {
  directory.dentry != nil // MISUSE
  _ = directory.share(); return true // TWIN
}

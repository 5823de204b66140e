// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'list'
import Kernel

func double(_ list: inout RigidArray<Int>, _ other: inout RigidArray<Int>) throws(Errno) {
  try list.forEach { number throws(Errno) in
    try list.append(number) // MISUSE
    try other.append(number) // TWIN
  }
}

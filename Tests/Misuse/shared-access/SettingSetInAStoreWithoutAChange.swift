// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  let depth = Setting<Int>(0)

  @Store("depth")
  func store(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    depth.set(try text.integer()) // MISUSE
    depth.set(try text.integer(), change) // TWIN
  }
}

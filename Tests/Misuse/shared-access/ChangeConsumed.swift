// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'change' is borrowed and cannot be consumed
import Kernel

func take(_ change: consuming ConfigfsChange) {}
func look(_ change: borrowing ConfigfsChange) {}

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Store("depth")
  func store(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    take(change) // MISUSE
    look(change) // TWIN
  }
}

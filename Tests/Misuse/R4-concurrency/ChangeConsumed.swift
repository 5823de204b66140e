// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'change' is borrowed and cannot be consumed
import Kernel

func take(_ change: consuming ConfigurationChange) {}
func look(_ change: borrowing ConfigurationChange) {}

@ConfigurationItem
struct Probe: ConfigurationItem, ~Copyable {
  @Store("depth")
  func store(_ text: borrowing CString, _ change: borrowing ConfigurationChange) throws(Errno) {
    take(change) // MISUSE
    look(change) // TWIN
  }
}

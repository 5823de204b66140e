// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'change' escapes its scope
// EXPECT: 'change' cannot be captured by an escaping closure since it is a borrowed parameter
// EXPECT: cannot use escaping closures in -no-allocations mode
import Kernel

func later(_ body: @escaping () -> Void) { body() }
func look(_ change: borrowing ConfigfsChange) {}
func now(_ body: () -> Void) { body() }

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Store("depth")
  func store(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    later { look(change) } // MISUSE
    now { look(change) } // TWIN
  }
}

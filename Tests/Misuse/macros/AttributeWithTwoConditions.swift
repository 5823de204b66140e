// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: the two methods of the attribute 'depth' have two conditions
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  @Show("depth", when: pageSize > 0)
  func show(_ writer: inout TextWriter) throws(Errno) {}

  @Store("depth") // MISUSE
  @Store("depth", when: pageSize > 0) // TWIN
  func store(_ text: borrowing CString) throws(Errno) {}
}

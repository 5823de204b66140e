// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

@ConfigfsItem
struct Probe: ConfigfsItem, ~Copyable {
  let reads = Setting<Int>(0)

  @Show("reads")
  func show(_ writer: inout TextWriter) throws(Errno) {
    reads.set(reads.value &+ 1) // MISUSE
    reads.show(&writer) // TWIN
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Block
import Kernel

struct Probe: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}

  static var bioCallback: BioCallback<Self> {
    BioCallback({ _ in }) // MISUSE
    while true {} // TWIN
  }
}

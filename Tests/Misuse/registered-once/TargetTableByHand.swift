// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks that device mapper is handed.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

func table() {
  _ = TargetTable<Probe>(construct: { _, _, _ in 0 }, destruct: { _ in }) // MISUSE
  _ = Probe.targetTraits // TWIN
}

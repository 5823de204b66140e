// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'data' after consume
import Block
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  struct BioData: TargetBioData, ~Copyable { var n = 0 }

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    return .kill(bio)
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    var kept: BioData? = nil
    bio.withData { data in kept = consume data } // MISUSE
    bio.withData { data in kept = BioData(n: data.n) } // TWIN
    _ = kept
    return .done(status)
  }
}

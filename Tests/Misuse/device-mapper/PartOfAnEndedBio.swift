// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type|generic parameter 'Driver' could not be inferred
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult { .done(status) }

  func accept(_ ended: borrowing EndedBio<Self>, _ bio: borrowing TargetBio<Self>, in target: borrowing MapContext) throws(Errno) {
    try target.acceptPartial(ended, Sector(8)) // MISUSE
    try target.acceptPartial(bio, Sector(8)) // TWIN
  }
}

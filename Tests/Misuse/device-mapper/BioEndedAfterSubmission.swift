// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' consumed more than once
import DeviceMapper

func send(_ bio: consuming TargetBio<Probe>, by client: borrowing IOClient, to device: borrowing UnderlyingDevice) throws(Errno) {
  var regions = Regions()
  try regions.append(device, at: bio.targetSector)
  try client.submit(bio, to: regions)
  bio.end(.ok) // MISUSE
  // TWIN
}

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    device = try target.open(arguments, at: 0, "no device")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }

  func regionsEnded(_ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext) {
    bio.end(errors.isEmpty ? .ok : .ioError)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: initializer is inaccessible|'init' is inaccessible|cannot be constructed because it has no accessible initializers|missing argument|no exact matches|inaccessible due to
import DeviceMapper

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  let device: UnderlyingDevice
  let event: TargetEvent

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    let device = try target.open(arguments, at: 0, "no device")
    event = try explaining("no event") { () throws(Errno) in
      try TargetEvent() // MISUSE
      try target.makeEvent() // TWIN
    }
    self.device = device
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}

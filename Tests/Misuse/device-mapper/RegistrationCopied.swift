// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'registration' consumed more than once
import DeviceMapper
public import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}
  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> { .kill(bio) }
}

public func register() throws(Errno) {
  let registration = try TargetRegistration<Probe>()
  let first = registration
  let second: TargetRegistration<Probe>? = registration // MISUSE
  let second: Int? = nil // TWIN
  _ = consume first
  _ = second == nil
}

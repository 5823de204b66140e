// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'device' consumed more than once
public import DeviceMapper

struct Pair: ~Copyable {
  let first: UnderlyingDevice
  let second: UnderlyingDevice
}

public func pair(_ target: borrowing NewTarget, _ arguments: borrowing Arguments) throws(TargetError) -> Sector {
  let device = try target.open(arguments, at: 0, "no device")
  let other = try target.open(arguments, at: 0, "no device")
  if other.capacity.count == 0 { return Sector(0) }
  let pair = Pair(
    first: device,
    second: device // MISUSE
    second: other // TWIN
  )
  return pair.first.capacity < pair.second.capacity ? pair.first.capacity : pair.second.capacity
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'event' consumed more than once
public import DeviceMapper

struct Pair: ~Copyable {
  let first: TargetEvent
  let second: TargetEvent
}

public func pair(_ target: borrowing NewTarget) throws(Errno) {
  let event = try target.makeEvent()
  let other = try target.makeEvent()
  other.signal()
  let pair = Pair(
    first: event,
    second: event // MISUSE
    second: other // TWIN
  )
  pair.first.signal()
  pair.second.signal()
}

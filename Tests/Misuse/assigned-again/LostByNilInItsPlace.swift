// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again
// What is kept has a field that stays in its place (an `Atomic`), so the compiler moves it from
// place to place and never loads it.
public import DeviceMapper
import Synchronization
public struct Kept<Driver: Target & ~Copyable>: ~Copyable {
  var bio: TargetBio<Driver>
  let uses = Atomic<Int>(0)
}
public struct Holder<Driver: Target & ~Copyable>: ~Copyable {
  var kept: Kept<Driver>?
  var count = 0
  mutating func end() { kept = nil }
}
public func endKept<Driver: Target & ~Copyable>(of holder: inout Holder<Driver>?) {
  holder?.kept = nil // MISUSE
  holder?.end() // TWIN
}

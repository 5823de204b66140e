// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again
public import DeviceMapper
import Synchronization
public struct Held<Driver: Target & ~Copyable>: ~Copyable {
  var bio: TargetBio<Driver>
  var count = 0
  let uses = Atomic<Int>(0)
}
@inline(never) func finish<Driver: Target & ~Copyable>(_ held: consuming Held<Driver>?) {}
@inline(never)
public func renew<Driver: Target & ~Copyable>(
  _ it: inout Held<Driver>?, _ new: consuming Held<Driver>, _ again: Bool
) {
  finish(it)
  if again { it = consume new; it?.count = 5 } // MISUSE
  if again { it = consume new } // TWIN
  it = nil
}

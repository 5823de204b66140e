// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: in 'twice.*is used after it has ended
// The bio would complete twice, where another path assigns a field.
public import DeviceMapper
public import Kernel

public struct Held<Driver: Target & ~Copyable>: ~Copyable {
  var box: HeapBox<Int>
  var bio: TargetBio<Driver>
}

@inline(never)
func finish<Driver: Target & ~Copyable>(_ held: consuming Held<Driver>) { held.bio.end(.ok) }
@inline(never)
func look<Driver: Target & ~Copyable>(_ held: borrowing Held<Driver>) {}

@inline(never)
public func twice<Driver: Target & ~Copyable>(
  _ held: inout Held<Driver>, _ first: Bool, _ second: Bool, _ new: consuming Held<Driver>,
  _ box: consuming HeapBox<Int>, _ bio: consuming TargetBio<Driver>
) {
  if first { finish(held) } // MISUSE
  if first { look(held) } // TWIN
  if second {
    held.bio = bio
  } else {
    held.box = box
    held.bio.end(.ok)
  }
  held = new
}

// SPDX-License-Identifier: GPL-2.0-only
// Generic code may not take an owner's pointer either.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Kernel

func take<Owner: PointerOwner & ~Copyable>(_ owner: consuming Owner) -> OwnedPointer? {
  return owner.takePointer() // MISUSE
  return nil // TWIN
}

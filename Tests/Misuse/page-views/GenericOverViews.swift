// SPDX-License-Identifier: GPL-2.0-only
// A generic function over views would take any view beyond its scope: a hole of the compiler (H1).
// EXPECT: drivers may not say '~Escapable'
import Kernel

func put<Value: ~Copyable & ~Escapable>(_ value: consuming Value, in place: inout Value) { // MISUSE
func put<Value: ~Copyable>(_ value: consuming Value, in place: inout Value) { // TWIN
  place = value
}

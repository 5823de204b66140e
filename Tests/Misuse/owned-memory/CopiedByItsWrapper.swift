// SPDX-License-Identifier: GPL-2.0-only
// A type that can be copied where its parameter can cannot be with an owner in it.
// EXPECT: requires that 'HeapBox<Int>' conform to 'Copyable'
public import Kernel

public struct Wrapper<Value: ~Copyable>: ~Copyable {
  public var value: Value
}
extension Wrapper: Copyable where Value: Copyable {}

func twice<Value>(_ value: Value) -> (Value, Value) { (value, value) }

public func f(_ box: consuming HeapBox<Int>) -> Int {
  let pair = twice(Wrapper(value: box)) // MISUSE
  let pair = twice(Wrapper(value: box.value)) // TWIN
  return withExtendedLifetime(pair) { 1 }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a variable that is consumed and assigned again ends before its last use
public import Kernel

public protocol Counting: ~Copyable {
  var count: UInt64 { get set }
}

public struct Counter: Counting, ~Copyable {
  var memory: VirtualMemory
  public var count: UInt64 {
    get {
      memory.withBytes { bytes in
        do throws(Errno) { return try bytes.load(as: UInt64.self, at: 0) } catch { return 0 }
      }
    }
    set { memory.withMutableBytes { bytes in do throws(Errno) { try bytes.store(newValue, at: 0) } catch {} } }
  }
}

func end<Value: ~Copyable>(_ value: consuming Value) {}

func change<Value: Counting & ~Copyable>(_ first: consuming Value, _ second: consuming Value, _ again: Bool) {
  var value = first
  value.count &+= 1
  end(value)
  if again {
    value = second; value.count &+= 1 // MISUSE
    var other = second; other.count &+= 1 // TWIN
  }
}

public func f(_ first: consuming Counter, _ second: consuming Counter, _ again: Bool) { change(first, second, again) }

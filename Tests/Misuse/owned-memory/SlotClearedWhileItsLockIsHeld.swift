// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'slot'
import Kernel

func clear(_ slot: inout HeapBox<Mutex<Int>>, _ other: consuming HeapBox<Mutex<Int>>) {
  var other: HeapBox<Mutex<Int>>? = consume other
  slot.value.withLock { value in
    if let next = other.take() { slot = next } // MISUSE
    value = 0; _ = other.take() // TWIN
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot be consumed when captured by an escaping closure|capturing generic non-copyable type with deinit
public import Kernel

func twice(_ take: () -> Int) -> Int { take() &+ take() }

public func f(_ number: Int) throws(Errno) -> Int {
  let box = try HeapBox(number, .kernel)
  return twice(box.unboxed) // MISUSE
  return twice { box.value } // TWIN
}

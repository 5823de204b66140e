// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use allocating type
import Kernel

indirect enum List { // MISUSE
enum List { // TWIN
  case end
  case node(Int)
}

public func list(_ number: Int) -> Int {
  switch make(number) {
  case .end: 0
  case .node(let value): value
  }
}

@inline(never)
func make(_ number: Int) -> List { number == 0 ? .end : .node(number) }

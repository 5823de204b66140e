// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has a part that ends on no path
// The compiler would not destroy the work queue where another field is assigned after paths have
// joined.
public import Kernel

public struct Held: ~Copyable {
  var queue: WorkQueue
  var memory: VirtualMemory?
}

@inline(never) func look(_ held: borrowing Held) {}
@inline(never) func end(_ held: consuming Held) { _ = consume held }

@inline(never)
public func renew(
  _ first: consuming Held, _ other: consuming WorkQueue, _ again: Bool, _ looks: Bool,
  _ logs: Bool
) {
  end(first)
  if again {
    first = Held(queue: other, memory: nil) // MISUSE
    var first = Held(queue: other, memory: nil) // TWIN
    if looks {
      look(first)
    } else {
      if logs { log(.info, "again") }
      first.memory = nil
    }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: contains a 'Pages' that ends on no path
// The compiler would not end the page where another field is assigned after paths have joined.

public import Kernel

struct Held: ~Copyable {
  var page: Page
  var memory: VirtualMemory?
}

@inline(never) func look(_ held: borrowing Held) {}
@inline(never) func end(_ held: consuming Held) { _ = consume held }

@inline(never)
func renew(
  _ first: consuming Held, _ other: consuming Page, _ again: Bool, _ looks: Bool,
  _ logs: Bool
) {
  end(first)
  if again {
    first = Held(page: other, memory: nil) // MISUSE
    var first = Held(page: other, memory: nil) // TWIN
    if looks {
      look(first)
    } else {
      if logs { log(.info, "again") }
      first.memory = nil
    }
  }
}

public func twice(_ looks: Bool, _ logs: Bool) throws(Errno) {
  renew(Held(page: try Page(.kernel), memory: nil), try Page(.kernel), true, looks, logs)
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has a part that ends on no path
// The compiler would not end the requests of the list where another field is
// assigned after paths have joined.
import BlockMQ
import Kernel

struct Held: ~Copyable {
  var requests: RequestList<Probe>
  var memory: VirtualMemory?
}

@inline(never) func look(_ held: borrowing Held) {}
@inline(never) func end(_ held: consuming Held) { _ = consume held }

@inline(never)
func renew(
  _ first: consuming Held, _ other: consuming RequestList<Probe>, _ again: Bool, _ looks: Bool,
  _ logs: Bool
) {
  end(first)
  if again {
    first = Held(requests: other, memory: nil) // MISUSE
    var first = Held(requests: other, memory: nil) // TWIN
    if looks {
      look(first)
    } else {
      if logs { log(.info, "again") }
      first.memory = nil
    }
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    let looks = request.operation == .write
    let logs = request.byteCount > 4096
    var list = RequestList<Probe>()
    list.append(request)
    renew(Held(requests: RequestList(), memory: nil), list, true, looks, logs)
    return .accepted
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has a part that ends on no path
// The compiler would not end the request in the enumeration where another field is
// assigned after paths have joined.
import BlockMQ
import Kernel

enum Kept: ~Copyable { case one(Request<Probe>), none }

struct Held: ~Copyable {
  var request: Kept
  var memory: VirtualMemory?
}

@inline(never) func look(_ held: borrowing Held) {}
@inline(never) func end(_ held: consuming Held) { _ = consume held }

@inline(never)
func renew(
  _ first: consuming Held, _ other: consuming Request<Probe>, _ again: Bool, _ looks: Bool,
  _ logs: Bool
) {
  end(first)
  if again {
    first = Held(request: .one(other), memory: nil) // MISUSE
    var first = Held(request: .one(other), memory: nil) // TWIN
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
  let kept = SpinLockIRQ<Request<Probe>?>(nil)

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    let request = request.start()
    let looks = request.operation == .write
    let logs = request.byteCount > 4096
    guard let first = kept.withLock({ $0.take() }) else {
      var request: Request<Probe>? = consume request
      kept.withLock { $0 = request.take() }
      return .accepted
    }
    renew(Held(request: .one(first), memory: nil), request, true, looks, logs)
    return .accepted
  }
}

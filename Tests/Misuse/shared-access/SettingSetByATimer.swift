// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel
import Synchronization

struct Counts: ~Copyable, Sendable {
  let asSetting = Setting<Int>(0)
  let asAtomic = Atomic<Int>(0)
}

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  let counts: Shared<Counts>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    counts.value.asSetting.set(1) // MISUSE
    counts.value.asAtomic.store(1, ordering: .relaxed) // TWIN
    return .stop
  }
}

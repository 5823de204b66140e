// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a timer's handler that calls functions which would enable interrupts.

import Block
import Kernel
import Synchronization

/// The state that both timers share.
struct InInterrupt: ~Copyable, Sendable {
  let bad: BadBlocks
  let done: Completion
  /// The CPU that runs the first handler, or -1.
  let place = Atomic<Int>(-1)
  let isRefused = Atomic<Bool>(false)
  let nested = Atomic<Int>(0)

  init() throws(Errno) {
    let list = try BadBlocks()
    done = try Completion(.kernel)
    bad = list
  }

  /// Runs the first handler. The other handler tries to interrupt it as often as possible.
  static func run() throws(Errno) {
    let shared = try Shared(InInterrupt(), .kernel)
    try shared.value.bad.add(Sector(0), count: Sector(16))
    let other = try Timer(Interrupter(state: shared.share()), .kernel)
    let first = try Timer(InterruptedTimer(state: shared.share()), .kernel)
    other.start(after: .milliseconds(5))
    first.start(after: .milliseconds(5))
    guard shared.value.done.wait(timeout: .seconds(20)) else { throw .ioError }
    sleep(for: .milliseconds(10))
    guard shared.value.isRefused.load(ordering: .relaxed), !shared.value.bad.isEmpty else {
      throw .invalidArgument
    }
    guard shared.value.nested.load(ordering: .relaxed) == 0 else { throw .busy }
    // In process context the call is allowed.
    try shared.value.bad.remove(Sector(0), count: Sector(16))
    guard shared.value.bad.isEmpty else { throw .ioError }
  }
}

@TimerHandler
struct InterruptedTimer: TimerHandler, ~Copyable {
  let state: Shared<InInterrupt>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    do throws(Errno) {
      try state.value.bad.remove(Sector(0), count: Sector(8))
    } catch {
      if error == .tryAgain { state.value.isRefused.store(true, ordering: .relaxed) }
    }
    state.value.place.store(CPU.current, ordering: .relaxed)
    spin(for: .milliseconds(1))
    state.value.place.store(-1, ordering: .relaxed)
    state.value.done.complete()
    return .stop
  }
}

@TimerHandler
struct Interrupter: TimerHandler, ~Copyable {
  let state: Shared<InInterrupt>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    if state.value.place.load(ordering: .relaxed) == CPU.current {
      state.value.nested.wrappingAdd(1, ordering: .relaxed)
    }
    return .restart(after: Nanoseconds(50_000))
  }
}

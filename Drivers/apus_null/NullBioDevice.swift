// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the device without requests (queue_mode=0, on kernels whose own driver supports it).
// It gets bios as they were submitted.

import BlockMQ
import Kernel

extension SubmittedBio: DeviceIO {}

/// A bio that was executed, and waits for the timer.
struct WaitingBio: ~Copyable, Sendable {
  let bio: SubmittedBio
  let outcome: Outcome

  consuming func end() {
    let outcome = outcome
    if outcome.status == .ok { bio.end(writtenAt: outcome.sector) } else { bio.end(outcome.status) }
  }
}

/// Ends all waiting bios, when the first of them has waited long enough.
@TimerHandler
struct WaitingEnd: TimerHandler, ~Copyable {
  let waiting: Shared<SpinLockIRQ<List<WaitingBio>>>

  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    var due = waiting.value.withLock { list in
      var taken = List<WaitingBio>()
      taken.append(contentsOf: &list)
      return taken
    }
    while let bio = due.popFirst() { bio.end() }
    return .stop
  }
}

@BioDriver
struct NullBioDevice: BioDriver, ~Copyable {
  let state: NullState
  let waiting: Shared<SpinLockIRQ<List<WaitingBio>>>
  let timer: Timer<WaitingEnd>

  init(_ configuration: NullConfiguration, _ contents: consuming Contents) throws(Errno) {
    let state = try NullState(configuration, contents)
    let waiting = try Shared(SpinLockIRQ(List<WaitingBio>()), .kernel)
    timer = try Timer(WaitingEnd(waiting: waiting.share()), .kernel)
    self.state = state
    self.waiting = waiting
  }

  func submit(_ bio: consuming SubmittedBio) {
    if bio.flags.contains(.preflush) {
      let status = state.flushed()
      if status != .ok || bio.byteCount == 0 {
        bio.end(status)
        return
      }
    }
    let outcome = state.carryOut(bio)
    let ended = WaitingBio(bio: bio, outcome: outcome)
    guard state.configuration.irqMode == NullConfiguration.timer else {
      ended.end()
      return
    }
    do throws(Errno) {
      // Without memory the bio is dropped, and ends with an I/O error.
      var node = Optional(try List<WaitingBio>.Node(ended, .noIO))
      let isFirst = waiting.value.withLock { list in
        let isFirst = list.isEmpty
        if let node = node.take() { list.append(node) }
        return isFirst
      }
      // The timer ends all waiting bios. The first bio after that starts it again.
      if isFirst { timer.start(after: state.configuration.completionTime) }
    } catch {
      log(.error, "no memory for a bio that waits")
    }
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) { try state.zones?.report(report) }
}

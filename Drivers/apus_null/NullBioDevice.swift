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
  let waiting: Shared<SpinLock<List<WaitingBio>>>

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
  let core: NullCore
  let waiting: Shared<SpinLock<List<WaitingBio>>>
  let timer: Timer<WaitingEnd>

  init(_ configuration: NullConfiguration, _ contents: consuming Contents) throws(Errno) {
    let core = try NullCore(configuration, contents)
    let waiting = try Shared(SpinLock(List<WaitingBio>()), .kernel)
    timer = try Timer(WaitingEnd(waiting: waiting.share()), .kernel)
    self.core = core
    self.waiting = waiting
  }

  func submit(_ bio: consuming SubmittedBio) {
    if bio.flags.contains(.preflush) {
      let status = core.flushed()
      if status != .ok || bio.byteCount == 0 {
        bio.end(status)
        return
      }
    }
    let outcome = core.carryOut(bio)
    let ended = WaitingBio(bio: bio, outcome: outcome)
    guard core.configuration.irqMode == NullConfiguration.timer else {
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
      if isFirst { timer.start(after: core.configuration.completionTime) }
    } catch {
      log(.error, "no memory for a bio that waits")
    }
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) { try core.zones?.report(report) }
}

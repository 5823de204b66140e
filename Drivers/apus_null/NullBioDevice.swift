// SPDX-License-Identifier: GPL-2.0-only
// apus_null: the device without requests (queue_mode=0, on kernels whose own driver has that): bios come as they were submitted.

import BlockMQ
import Kernel

extension SubmittedBio: DeviceIO {}

/// A bio that was carried out, and ends when its time has come.
struct WaitingBio: ~Copyable, Sendable {
  let bio: SubmittedBio
  let outcome: Outcome

  consuming func end() {
    let outcome = outcome
    if outcome.status == .ok { bio.end(writtenAt: outcome.sector) } else { bio.end(outcome.status) }
  }
}

/// Ends what waits: all of it, when the first has waited long enough.
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
      // (The bio ends with an I/O error where there is no memory.)
      var node = Optional(try List<WaitingBio>.Node(ended, .noIO))
      let isFirst = waiting.value.withLock { list in
        let isFirst = list.isEmpty
        if let node = node.take() { list.append(node) }
        return isFirst
      }
      // (The timer takes all of them: whoever comes first after that starts it anew.)
      if isFirst { timer.start(after: core.configuration.completionTime) }
    } catch {
      log(.error, "no memory for a bio that waits")
    }
  }

  func reportZones(_ report: borrowing ZoneReport) throws(Errno) { try core.zones?.report(report) }
}

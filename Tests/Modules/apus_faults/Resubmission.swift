// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: a bio that its own completion handler submits again, over and over.

import Block
import Kernel
import Synchronization

/// The results of the submissions.
struct Resubmissions: ~Copyable, Sendable {
  let device: BlockDevice
  let ended = Atomic<Int>(0)
  let refused = Atomic<Int>(0)

  init(_ device: consuming BlockDevice) { self.device = device }

  /// Reads beyond the end of a device. Such a read fails immediately, in the task that submits it.
  static func run(_ path: borrowing CString) throws(Errno) {
    let set = try BioSet<Stubborn>(reserve: 1)
    let state = try Shared(
      Resubmissions(BlockDevice(path: path, access: .read, isExclusive: false)), .kernel)
    var bio = try Bio(from: set, pageCapacity: 1, .kernel)
    try bio.append(Page(.kernel))
    try bio.submit(
      to: state.value.device, at: state.value.device.capacity, .read,
      handler: Stubborn(state: state.share()))
    log(
      .info,
      "a bio ended \(state.value.ended.load(ordering: .relaxed)) times, and was refused \(state.value.refused.load(ordering: .relaxed)) times"
    )
  }
}

/// Submits the same bio once more, whatever its status.
@BioHandler
struct Stubborn: BioHandler, ~Copyable {
  let state: Shared<Resubmissions>

  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {
    let state = state.share()
    state.value.ended.wrappingAdd(1, ordering: .relaxed)
    do throws(Errno) {
      try bio.submit(
        to: state.value.device, at: state.value.device.capacity, .read,
        handler: Stubborn(state: state.share()))
    } catch {
      state.value.refused.wrappingAdd(1, ordering: .relaxed)
    }
  }
}

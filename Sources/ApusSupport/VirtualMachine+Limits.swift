// SPDX-License-Identifier: GPL-2.0-only
// The limits of a boot, and when a guest is asked what it waits for. All times are seconds in which
// the host let QEMU run.

extension VirtualMachine {
  /// The guest gets this many seconds before its limit to log what its processes wait for.
  private static let hangSeconds = 15.0
  /// A guest whose console says nothing for so long while it boots stands still. The longest
  /// silence of a good boot is a few seconds on an idle machine.
  private static let longestBootSilence = 240.0

  /// What the watch knows about a guest.
  struct Pace: Equatable, Sendable {
    /// What the boot took, or nil as long as the script has not begun.
    var boot: Double?
    /// When the script or the console last said anything.
    var lastSaid = 0.0
  }

  /// The limit that the guest exceeds, if any.
  func exceeded(at now: Double, _ pace: Pace) -> BootOutcome.End? {
    if pace.boot == nil, now - pace.lastSaid > Self.longestBootSilence {
      return .stuckInBoot(seconds: Self.longestBootSilence)
    }
    if case .script = work, silence == nil, now > timeout { return .timedOut(seconds: timeout) }
    guard let boot = pace.boot else {
      return now > bootTimeout ? .neverBooted(seconds: bootTimeout) : nil
    }
    guard case .script = work, let silence else { return nil }
    let longest = longestSilence(silence, boot)
    return now - pace.lastSaid > longest ? .silent(seconds: longest) : nil
  }

  /// Whether it is time for the guest to log that. A short limit leaves no time for it: the log
  /// would come while the script still runs well.
  func seemsHung(at now: Double, _ pace: Pace) -> Bool {
    guard case .script = work else { return false }
    if let silence {
      guard let boot = pace.boot else { return false }
      return now - pace.lastSaid > longestSilence(silence, boot) - Self.hangSeconds
    }
    guard timeout > 2 * Self.hangSeconds else { return false }
    return now > timeout - Self.hangSeconds
  }

  private func longestSilence(_ silence: Double, _ boot: Double) -> Double {
    max(Self.leastSilence, silence * boot)
  }
}

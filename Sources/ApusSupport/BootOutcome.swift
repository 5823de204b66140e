// SPDX-License-Identifier: GPL-2.0-only
// How a boot went, and the status that a command exits with for it.

/// The end of one boot.
public struct BootOutcome: Sendable {
  public enum End: Equatable, Sendable {
    /// The script ended by itself.
    case finished(status: Int32)
    /// The script did not end in time.
    case timedOut(seconds: Double)
    /// The script did not start in time.
    case neverBooted(seconds: Double)
    /// The guest went away under the script, or could not power off.
    case broken(String)
  }

  public let end: End
  /// What the scan of the kernel's log found.
  public let scan: KernelLogScan
  /// The console's content.
  public let console: String
  /// Seconds of the host from the start to the script's first line, when it came that far.
  public let secondsToScript: Double?
  /// Seconds of the host in all.
  public let seconds: Double
  public let accelerator: Accelerator

  /// The status of a run that a time limit ended.
  public static let timeoutStatus: Int32 = 124
  /// The status of a run in which the kernel itself failed.
  public static let brokenStatus: Int32 = 125

  /// The script's own status, unless something worse happened.
  public var status: Int32 {
    switch end {
    case .timedOut, .neverBooted: Self.timeoutStatus
    case .broken: Self.brokenStatus
    case .finished(let status): scan.isClean ? status : Self.brokenStatus
    }
  }

  /// What the emulator did wrong in this boot, which says nothing of what ran in it; nil when nothing.
  public var emulationFault: String? {
    if scan.isOfStaleCode { return "the emulator ran code that the kernel had replaced" }
    if secondsToScript == nil, case .broken(let what) = end { return "\(what) before the script began" }
    return nil
  }

  /// What there is to complain of beside the script's own status; nil when nothing.
  public var complaint: String? {
    var parts: [String] = []
    switch end {
    case .finished: break
    case .timedOut(let seconds): parts.append("the script did not end within \(Int(seconds)) s")
    case .neverBooted(let seconds): parts.append("the script did not start within \(Int(seconds)) s of the boot")
    case .broken(let what): parts.append(what)
    }
    if !scan.isClean { parts.append("the kernel complained:\n" + scan.excerpt()) }
    if case .finished = end {
    } else {
      let tail = KernelLogScan.split(console).suffix(200).joined(separator: "\n")
      parts.append("the console's last lines:\n" + (tail.isEmpty ? "(nothing)" : tail))
    }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }
}

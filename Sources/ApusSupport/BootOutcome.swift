// SPDX-License-Identifier: GPL-2.0-only
// The outcome of a boot, and the exit status that a command derives from it.

/// The outcome of one boot.
public struct BootOutcome: Sendable {
  /// How a boot ended.
  public enum End: Equatable, Sendable {
    /// The script ended by itself.
    case finished(status: Int32)
    /// The script did not end within its time limit.
    case timedOut(seconds: Double)
    /// Neither the script nor the console said anything for longer than the limit.
    case silent(seconds: Double)
    /// The script did not start within its time limit.
    case neverBooted(seconds: Double)
    /// The script had not started when the console had said nothing for longer than the limit.
    case stuckInBoot(seconds: Double)
    /// The guest disappeared while the script ran, or could not power off.
    case broken(String)
  }

  /// How this boot ended.
  public let end: End
  /// The result of the scan of the kernel's log.
  public let scan: KernelLogScan
  /// The console's content.
  public let console: String
  /// Seconds of host time from the start to the script's first line, or nil if the script did not
  /// start.
  public let secondsToScript: Double?
  /// Seconds of host time that the whole boot took.
  public let seconds: Double
  /// What executed the guest's instructions.
  public let accelerator: Accelerator

  /// The status of a run that exceeded a time limit.
  public static let timeoutStatus: Int32 = 124
  /// The status of a run in which the kernel itself failed.
  public static let brokenStatus: Int32 = 125

  /// The script's own status, or the status of a time limit or of a kernel failure.
  public var status: Int32 {
    switch end {
    case .timedOut, .silent, .neverBooted, .stuckInBoot: Self.timeoutStatus
    case .broken: Self.brokenStatus
    case .finished(let status): scan.isClean ? status : Self.brokenStatus
    }
  }

  /// Why the script did not begin, or nil. No module of the tree is loaded before it begins, so
  /// this is a fault of the machine, and says nothing about the script.
  public var bootFault: String? {
    guard secondsToScript == nil else { return nil }
    return switch end {
    case .broken(let what): what
    case .neverBooted(let seconds), .timedOut(let seconds):
      "the guest did not boot within \(Int(seconds)) s"
    case .stuckInBoot(let seconds): "the guest's boot stood still for \(Int(seconds)) s"
    case .finished, .silent: nil
    }
  }

  /// A fault of the emulator after the script began, or nil. After such a fault the outcome says
  /// nothing about the script.
  public var emulationFault: String? {
    scan.isOfStaleCode ? "the emulator ran code that the kernel had replaced" : nil
  }

  /// The problems of the boot apart from the script's own status, or nil if there are none.
  public var complaint: String? {
    var parts: [String] = []
    switch end {
    case .finished: break
    case .timedOut(let seconds): parts.append("the script did not end within \(Int(seconds)) s")
    case .silent(let seconds):
      parts.append("the script and the console said nothing for \(Int(seconds)) s")
    case .neverBooted(let seconds):
      parts.append("the script did not start within \(Int(seconds)) s of the boot")
    case .stuckInBoot(let seconds):
      parts.append("the script did not start, and the console said nothing for \(Int(seconds)) s")
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

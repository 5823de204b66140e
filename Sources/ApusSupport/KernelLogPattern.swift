// SPDX-License-Identifier: GPL-2.0-only
// The list of the lines in a kernel's log that count as offences. It is the only such list.

import Foundation

/// A kind of line that a healthy kernel does not print.
public struct KernelLogPattern: Sendable {
  /// The regular expression, in ICU's syntax; it may match anywhere in a line.
  public let expression: String
  /// Whether the line occurs only as part of a report that starts with a line of another pattern.
  public let isPartOfReport: Bool

  init(_ expression: String, isPartOfReport: Bool = false) {
    self.expression = expression
    self.isPartOfReport = isPartOfReport
  }

  /// The lines that count as offences.
  public static let offences: [KernelLogPattern] = [
    // The words that open most reports. BUG and WARNING are matched as whole words in capitals, so
    // that "DEBUG" and "debugging" do not match.
    KernelLogPattern(#"\bBUG\b"#),
    KernelLogPattern(#"\bWARNING\b"#),
    KernelLogPattern(#"Kernel panic"#),
    KernelLogPattern(#"general protection fault"#),
    KernelLogPattern(#"Unable to handle"#),
    KernelLogPattern(#"\b[Oo]ops\b"#, isPartOfReport: true),
    KernelLogPattern(#"Call Trace"#, isPartOfReport: true),
    // Sanitizer reports.
    KernelLogPattern(#"\b(KASAN|UBSAN|KCSAN|KMSAN|KFENCE)\b"#),
    // Locking, and the contexts of calls.
    KernelLogPattern(#"possible circular locking"#),
    KernelLogPattern(#"possible recursive locking"#),
    KernelLogPattern(#"possible irq lock inversion"#),
    KernelLogPattern(#"-safe -> .*-unsafe lock order detected"#),
    KernelLogPattern(#"inconsistent lock state"#),
    KernelLogPattern(#"bad unlock balance"#),
    KernelLogPattern(#"held lock freed"#),
    KernelLogPattern(#"lock held when returning to user space"#),
    KernelLogPattern(#"suspicious RCU usage"#),
    KernelLogPattern(#"sleeping function called from invalid context"#),
    KernelLogPattern(#"scheduling while atomic"#),
    KernelLogPattern(#"DEBUG_LOCKS_WARN_ON"#),
    // Tasks and CPUs that make no progress.
    KernelLogPattern(#"INFO: task .* blocked"#),
    KernelLogPattern(#"rcu.*stall(?!_)"#),
    KernelLogPattern(#"soft lockup"#),
    // Memory errors.
    KernelLogPattern(#"[Ll]eaked"#),
    KernelLogPattern(#"unreferenced object"#),
    KernelLogPattern(#"new suspected memory leaks"#),
    KernelLogPattern(#"[Oo]bjects remaining in"#),
    KernelLogPattern(#"Object .* is not"#),
    KernelLogPattern(#"Poison overwritten"#),
    KernelLogPattern(#"\bRedzone\b"#),
    KernelLogPattern(#"Trying to vfree"#),
    KernelLogPattern(#"[Bb]ad page\b"#),
    KernelLogPattern(#"refcount_t:"#),
    KernelLogPattern(#"list_(add|del) corruption"#),
    KernelLogPattern(#"ODEBUG:"#),
    KernelLogPattern(#"detected buffer overflow|memcpy: detected field-spanning write"#),
  ]

  /// Lines that match an offence and are not one, each with the reason.
  public static let harmless: [KernelLogPattern] = [
    // Announcements of a script.
    KernelLogPattern(#"apus-expect:"#),
    // At boot the kernel prints its command line, and the parameters in it that it does not know.
    KernelLogPattern(
      #"(Command line|Kernel command line|Unknown kernel command line parameters)\b"#),
    // The stall detector prints its setting at boot.
    KernelLogPattern(#"RCU CPU stall warnings timeout set to"#),
  ]
}

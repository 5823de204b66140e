// SPDX-License-Identifier: GPL-2.0-only
// The one place that says which lines of a kernel's log are offences.

import Foundation

/// A kind of line that a healthy kernel does not print.
public struct KernelLogPattern: Sendable {
  /// The regular expression, in ICU's syntax; it may match anywhere in a line.
  public let expression: String
  /// Whether the line only ever comes as a part of a report that another pattern announces.
  public let isPartOfReport: Bool

  init(_ expression: String, isPartOfReport: Bool = false) {
    self.expression = expression
    self.isPartOfReport = isPartOfReport
  }

  /// What counts as an offence.
  public static let offences: [KernelLogPattern] = [
    // The words that open most reports. Whole words, in capitals: "DEBUG" and "debugging" are none.
    KernelLogPattern(#"\bBUG\b"#),
    KernelLogPattern(#"\bWARNING\b"#),
    KernelLogPattern(#"Kernel panic"#),
    KernelLogPattern(#"general protection fault"#),
    KernelLogPattern(#"Unable to handle"#),
    KernelLogPattern(#"\b[Oo]ops\b"#, isPartOfReport: true),
    KernelLogPattern(#"Call Trace"#, isPartOfReport: true),
    // Sanitizers.
    KernelLogPattern(#"\b(KASAN|UBSAN|KCSAN|KMSAN|KFENCE)\b"#),
    // Locks and contexts.
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
    // Something stands still.
    KernelLogPattern(#"INFO: task .* blocked"#),
    KernelLogPattern(#"rcu.*stall(?!_)"#),
    KernelLogPattern(#"soft lockup"#),
    // Memory.
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

  /// Lines that match an offence and are none, each with the reason.
  public static let harmless: [KernelLogPattern] = [
    // What a script announces, and what the harness itself says.
    KernelLogPattern(#"apus-expect:"#),
    // The command line of the kernel is printed at boot, and what of it means nothing to the kernel.
    KernelLogPattern(#"(Command line|Kernel command line|Unknown kernel command line parameters)\b"#),
    // What the stall detector says of itself at boot.
    KernelLogPattern(#"RCU CPU stall warnings timeout set to"#),
  ]
}

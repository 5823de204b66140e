// SPDX-License-Identifier: GPL-2.0-only
// Where a trap of the compiler's ends (kbuild/flags.mk names it as the trap function).
// C header: include/linux/bug.h

internal import CKernel

/// Stops this task with a BUG report, as the kernel's own assertions do.
@c(apus_trap)
@inline(never)
func apusTrap() {
  // SAFETY: BUG() is always safe: it does not return.
  unsafe apus_bug()
}

/// Stops this task if a value's end would wait for the callback that it is in, which would be for ever: a lock-up
/// without a word otherwise.
@inline(never)
package func refuseSelfEnd(_ isSelf: Bool) {
  guard isSelf else { return }
  log(.error, "a timer, work item, thread or kcopyd client was ended by its own handler, which its end waits for")
  // SAFETY: BUG() is always safe: it does not return.
  unsafe apus_bug()
}

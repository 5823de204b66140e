// SPDX-License-Identifier: GPL-2.0-only
// The function that the compiler's traps call. (kbuild/flags.mk names it as the trap function.)
// C header: include/linux/bug.h

internal import CKernel

/// Stops this task with a BUG report, as the kernel's own assertions do.
@c(apus_trap)
@inline(never)
func apusTrap() {
  // SAFETY: BUG() is always safe: it does not return.
  unsafe apus_bug()
}

/// Stops this task with a BUG report if a callback ends the value that it belongs to.
///
/// The value's end waits for the callback, so without the report the task would hang silently.
@inline(never)
package func refuseSelfEnd(_ isSelf: Bool) {
  guard isSelf else { return }
  log(
    .error,
    "a timer, work item, thread or kcopyd client was ended by its own handler, which its end waits for"
  )
  // SAFETY: BUG() is always safe: it does not return.
  unsafe apus_bug()
}

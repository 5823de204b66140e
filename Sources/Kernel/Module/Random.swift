// SPDX-License-Identifier: GPL-2.0-only
// Random numbers.
// C header: include/linux/random.h

internal import CKernel

/// Returns an unpredictable random number. The corresponding C function is `get_random_u64`.
///
/// Context: any.
public func randomNumber() -> UInt64 {
  // SAFETY: the function has no preconditions.
  unsafe apus_random()
}

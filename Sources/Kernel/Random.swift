// SPDX-License-Identifier: GPL-2.0-only
// Numbers that nobody can foretell.
// C header: include/linux/random.h

internal import CKernel

/// A number that nobody can foretell. The corresponding C function is `get_random_u64`.
///
/// Context: any.
public func randomNumber() -> UInt64 {
  // SAFETY: it has no preconditions.
  unsafe apus_random()
}

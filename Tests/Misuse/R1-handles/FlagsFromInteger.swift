// SPDX-License-Identifier: GPL-2.0-only
// Flags that are the block layer's cannot be said: one of them makes it look for memory that a bio does not have.
// EXPECT: 'OperationFlags' initializer is inaccessible due to 'package' protection level
import Block

func flags() -> OperationFlags {
  OperationFlags(rawValue: 1 << 21) // MISUSE
  .synchronous | .metadata // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: initializer is inaccessible|cannot be constructed|no accessible initializers|extraneous argument label
import BlockMQ

func flags() -> DiskFlags {
  DiskFlags(rawValue: 8) // MISUSE
  .removable | .readOnly // TWIN
}

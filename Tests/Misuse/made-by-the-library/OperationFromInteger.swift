// SPDX-License-Identifier: GPL-2.0-only
// Operations are numbered differently by different kernels.
// EXPECT: 'Operation' initializer is inaccessible due to 'package' protection level
import BlockMQ

func isDiscard(_ operation: Operation) -> Bool {
  operation == Operation(rawValue: 3) // MISUSE
  operation == .discard // TWIN
}

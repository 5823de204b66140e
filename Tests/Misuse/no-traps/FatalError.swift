// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'fatalError'
import BlockMQ

func status(_ operation: Operation) -> BlockStatus {
  if operation == .read { return .ok }
  fatalError() // MISUSE
  return .notSupported // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot use a value of protocol type 'any Store' in embedded Swift
import Kernel

public protocol Store { func flush() }

public func flush(_ store: any Store) { // MISUSE
public func flush(_ store: some Store) { // TWIN
  store.flush()
}

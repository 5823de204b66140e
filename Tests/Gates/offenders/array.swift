// SPDX-License-Identifier: GPL-2.0-only
// An array that grows.
nonisolated(unsafe) var kept: [Int] = []
@_cdecl("offence") public func offence(_ value: Int) -> Int32 {
  kept.append(value)
  return 0
}

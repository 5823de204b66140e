// SPDX-License-Identifier: GPL-2.0-only
// apus_zero: a target that reads as zeroes and discards writes.

import DeviceMapper
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A target of zeroes, in safe Swift", version: "0.1.0",
  alias: "dm-apus-zero")
struct ZeroModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Zero>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-zero`
@DeviceMapperTarget("apus-zero", version: (1, 2, 0), features: .noWait)
struct Zero: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 0 else { throw .invalid("No arguments required") }
    // Discards are dropped, like writes.
    target.setDiscardBios(1)
    target.setDiscardsSupported()
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    switch bio.operation {
    case .read:
      // A read-ahead of zeroes would only waste memory.
      if bio.flags.contains(.readAhead) { return .kill(bio) }
      do throws(Errno) { try bio.zero() } catch { return .kill(bio) }
    case .write, .flush, .discard: break
    default: return .kill(bio)
    }
    bio.end(.ok)
    return .taken
  }

  func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext) {
    limits.setDiscard(largest: Sector(UInt64(UInt32.max)), granularity: 512)
  }
}

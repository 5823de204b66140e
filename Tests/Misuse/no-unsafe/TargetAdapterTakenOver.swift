// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension TargetAdapter'
import DeviceMapper
import Kernel

@DeviceMapperTarget("probe", version: (1, 0, 0))
struct Probe: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

extension TargetAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func construct(_ target: UnsafeMutableRawPointer?, _ count: UInt32, _ words: UnsafeMutableRawPointer?) -> CInt { 0 }
}

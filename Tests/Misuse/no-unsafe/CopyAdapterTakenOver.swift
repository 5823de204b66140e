// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension CopyAdapter'
import DeviceMapper
import Kernel

@CopyHandler
struct Probe: CopyHandler, ~Copyable {
  consuming func ended(_ result: CopyResult) {}
}

extension CopyAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func ended(_ readError: CInt, _ writeErrors: UInt, _ raw: UnsafeMutableRawPointer?) {}
}

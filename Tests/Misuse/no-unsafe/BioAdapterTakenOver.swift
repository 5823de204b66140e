// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension BioAdapter'
import Block
import Kernel

@BioHandler
struct Probe: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

extension BioAdapter where Handler == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func ended(_ raw: UnsafeMutableRawPointer?) {}
}

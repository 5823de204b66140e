// SPDX-License-Identifier: GPL-2.0-only
// An extension of the driver's own that is a better match for the macro's call.
// EXPECT: drivers may not say 'extension BioDriverAdapter'
import BlockMQ

@BioDriver
struct Probe: BioDriver, ~Copyable {
  borrowing func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
}

extension BioDriverAdapter where Driver == Probe { // MISUSE
extension Nanoseconds { // TWIN
  static func submit(_ driver: UnsafeMutableRawPointer, _ bio: UnsafeMutableRawPointer) {}
}

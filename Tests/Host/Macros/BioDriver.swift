// SPDX-License-Identifier: GPL-2.0-only
// A driver that takes bios.
import BlockMQ
import Kernel

@BioDriver
struct Plain: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
}

@BioDriver
struct Zoned: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
  func reportZones(_ report: borrowing ZoneReport) throws(Errno) {}
}

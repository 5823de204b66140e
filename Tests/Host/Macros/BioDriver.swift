// SPDX-License-Identifier: GPL-2.0-only
// A driver that takes bios.
import BlockMQ

@BioDriver
struct Plain: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
}

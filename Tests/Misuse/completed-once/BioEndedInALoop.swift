// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' used after consume
import BlockMQ

@BioDriver
struct Probe: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) {
    while bio.byteCount > 0 { bio.end(.ok) } // MISUSE
    if bio.byteCount > 0 { bio.end(.ok) } // TWIN
  }
}

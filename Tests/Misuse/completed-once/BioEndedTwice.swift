// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' consumed more than once
import BlockMQ

@BioDriver
struct Probe: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) {
    bio.end(.ok)
    bio.end(.ok) // MISUSE
    // TWIN
  }
}

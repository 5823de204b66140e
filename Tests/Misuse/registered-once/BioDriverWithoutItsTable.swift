// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: does not conform to protocol 'BioDriver'
import BlockMQ

// MISUSE
@BioDriver // TWIN
struct Probe: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' used after consume
import BlockMQ

@BioDriver
struct Probe: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) {
    let sector = bio.sector.count
    bio.end(sector == 0 ? .ok : .ioError)
    _ = bio.byteCount // MISUSE
    // TWIN
  }
}

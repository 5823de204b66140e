// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert value of type 'Int' to expected argument type 'UnsafeMutableRawPointer'|inaccessible
import BlockMQ
import Kernel

@BioDriver
struct Probe: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) {
    let other = SubmittedBio(4096) // MISUSE
    let other = bio // TWIN
    other.end(BlockStatus.ok)
  }
}

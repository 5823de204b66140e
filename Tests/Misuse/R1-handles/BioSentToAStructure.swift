// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: inaccessible due to 'package' protection level|extraneous argument|incorrect argument label|missing argument|cannot convert
import Block
import Kernel

func send(_ bio: consuming Bio<Ended>, _ device: borrowing BlockDevice) throws(Errno) {
  try bio.submit(toRaw: device, at: Sector(0), .read, .none, extent: Sector(0), handler: Ended()) // MISUSE
  try bio.submit(to: device, at: Sector(0), .read, .none, extent: Sector(0), handler: Ended()) // TWIN
}

@BioHandler
struct Ended: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'Operation' has no member 'driverIn'
import Block
import Kernel

func send(_ bio: consuming Bio<Ended>, _ device: borrowing BlockDevice) throws(Errno) {
  try bio.submit(to: device, at: Sector(0), .driverIn, handler: Ended()) // MISUSE
  try bio.submit(to: device, at: Sector(0), .read, handler: Ended()) // TWIN
}

@BioHandler
struct Ended: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

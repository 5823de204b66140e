// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' used after consume
import Block
import Kernel

func send(_ bio: consuming Bio<Ended>, _ device: borrowing BlockDevice) throws(Errno) -> Page? {
  // TWIN
  try bio.submit(to: device, at: Sector(0), .read, handler: Ended()) // MISUSE
  return bio.popLast()
}

@BioHandler
struct Ended: BioHandler {
  consuming func ended(_ bio: consuming Bio<Ended>, _ status: BlockStatus) {}
}

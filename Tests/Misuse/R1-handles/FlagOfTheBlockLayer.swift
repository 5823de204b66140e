// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: type 'OperationFlags' has no member 'integrity'
import Block
import Kernel

func send(_ bio: consuming Bio<Ended>, _ device: borrowing BlockDevice) throws(Errno) {
  try bio.submit(to: device, at: Sector(0), .read, .integrity, handler: Ended()) // MISUSE
  try bio.submit(to: device, at: Sector(0), .read, .metadata, handler: Ended()) // TWIN
}

@BioHandler
struct Ended: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

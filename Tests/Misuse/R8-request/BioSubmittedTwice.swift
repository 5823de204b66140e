// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' consumed more than once
import Block
import Kernel

public func send(_ bio: consuming Bio<Ended>, _ device: borrowing BlockDevice) throws(Errno) {
  try bio.submit(to: device, at: Sector(0), .read, handler: Ended())
  try bio.submit(to: device, at: Sector(0), .read, handler: Ended()) // MISUSE
  try device.flush() // TWIN
}

@BioHandler
public struct Ended: BioHandler, ~Copyable {
  public consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

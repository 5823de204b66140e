// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'bio' used after consume
import Block
import Kernel

public func send(_ device: borrowing BlockDevice, _ set: borrowing BioSet<Ended>) throws(Errno) {
  var bio = try Bio(from: set, pageCapacity: 2, .kernel)
  try bio.append(Page(.kernel))
  try bio.submit(to: device, at: Sector(0), .read, handler: Ended())
  try bio.append(Page(.kernel)) // MISUSE
  // TWIN
}

@BioHandler
public struct Ended: BioHandler, ~Copyable {
  public consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

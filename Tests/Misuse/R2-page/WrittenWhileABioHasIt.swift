// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' used after consume|'page' consumed more than once|'page' used here
import Block
import Kernel

public func fill(_ bio: inout Bio<Ended>) throws(Errno) {
  var page = try Page(.kernel)
  try page.fill(with: 0)
  try bio.append(page)
  try page.fill(with: 1) // MISUSE
  // TWIN
}

@BioHandler
public struct Ended: BioHandler, ~Copyable {
  public consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

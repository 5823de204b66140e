// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' consumed more than once
import Block
import Kernel

public func fill(_ one: inout Bio<Ended>, _ other: inout Bio<Ended>) throws(Errno) {
  let page = try Page(.kernel)
  try one.append(page)
  try other.append(page) // MISUSE
  try other.append(Page(.kernel)) // TWIN
}

@BioHandler
public struct Ended: BioHandler, ~Copyable {
  public consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

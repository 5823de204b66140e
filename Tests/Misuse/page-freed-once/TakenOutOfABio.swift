// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' is borrowed and cannot be consumed
import Block
import Kernel

func page(_ bio: inout Bio<Ended>) throws(Errno) -> Page? {
  try bio.withPage(at: 0) { page throws(Errno) in page } // MISUSE
  bio.popLast() // TWIN
}

@BioHandler
struct Ended: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

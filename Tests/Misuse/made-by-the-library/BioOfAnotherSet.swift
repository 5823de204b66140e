// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot convert return expression of type 'Bio<Other>' to return type 'Bio<Ended>'
import Block
import Kernel

func bio(_ set: borrowing BioSet<Ended>, _ other: borrowing BioSet<Other>) throws(Errno) -> Bio<Ended> {
  try Bio(from: other, pageCapacity: 1, .noIO) // MISUSE
  try Bio(from: set, pageCapacity: 1, .noIO) // TWIN
}

@BioHandler
struct Ended: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

@BioHandler
struct Other: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

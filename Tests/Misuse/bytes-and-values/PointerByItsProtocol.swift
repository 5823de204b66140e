// SPDX-License-Identifier: GPL-2.0-only
// All pointers have one protocol, by which generic code makes one of any number.
// EXPECT: drivers may not say '_Pointer'
import Kernel

func make<Place: _Pointer>(_ number: Int) -> Place? { Place(bitPattern: number) } // MISUSE
func make<Place: BinaryInteger>(_ number: Int) -> Place? { Place(exactly: number) } // TWIN

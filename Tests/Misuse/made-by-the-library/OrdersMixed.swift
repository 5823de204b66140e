// SPDX-License-Identifier: GPL-2.0-only
// Pages of one order are not those of another: they are freed with their order.
// EXPECT: cannot assign value of type 'Pages<1>' to type 'Pages<2>'
import Kernel

func replace(_ pages: inout Pages<2>) throws(Errno) {
  pages = try Pages<1>(.kernel) // MISUSE
  pages = try Pages<2>(.kernel) // TWIN
}

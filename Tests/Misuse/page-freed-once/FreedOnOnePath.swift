// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'page' used after consume
import Kernel

func release(_ page: consuming Page, _ early: Bool) throws(Errno) {
  if early { drop(page) } // MISUSE
  if early { return drop(page) } // TWIN
  try page.zero(at: 0, length: 8)
}

func drop(_ page: consuming Page) {}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: call can throw but is not marked with 'try'
import Kernel

func page() throws(Errno) -> Page {
  let page = Page(.kernel) // MISUSE
  let page = try Page(.kernel) // TWIN
  return page
}

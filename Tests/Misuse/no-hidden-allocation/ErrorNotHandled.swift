// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: errors thrown from here are not handled
import Kernel

func node() -> NUMANode {
  let page = try Page(.kernel); return page.node // MISUSE
  return .any // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// A number is a node only after it was checked.
// EXPECT: call can throw
import Kernel

func page(near number: CInt) throws(Errno) -> Page {
  let node = NUMANode(number) // MISUSE
  let node = try NUMANode(number) // TWIN
  return try Page(.kernel, node: node)
}

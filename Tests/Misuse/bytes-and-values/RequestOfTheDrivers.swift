// SPDX-License-Identifier: GPL-2.0-only
// A view of a request of the driver's own would lead the library wherever the driver says.
// EXPECT: type 'View<Driver>' does not conform to protocol 'RequestView'
import Block
import BlockMQ

struct View<Driver: BlockDriver & ~Copyable>: ~Copyable {
  var raw: Int { 0xdead_beef }
  var address: Int { raw }
}

extension View: RequestView where Driver: ~Copyable {} // MISUSE
// TWIN

// SPDX-License-Identifier: GPL-2.0-only
// Generic code may not take a request's address, and so not make a view that outlives it.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import Block
import BlockMQ

func sector<View: RequestView & ~Copyable>(_ view: borrowing View) -> Sector {
  let address = view.address // MISUSE
  let address = view.sector // TWIN
  _ = address
  return view.sector
}

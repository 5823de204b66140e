// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of pages.

import Kernel

/// Whether all bytes have the same value.
func isFilled(_ bytes: RawSpan, with byte: UInt8) -> Bool {
  var index = 0
  while index < bytes.byteCount {
    if bytes.byte(at: index) != byte { return false }
    index &+= 1
  }
  return true
}

/// Checks that operations with a range are refused and leave the page unchanged, full of zeroes.
private func isRefused(_ checks: inout Checks, _ page: inout Page, offset: Int, length: Int) {
  checks.expect(.invalidArgument, "a range outside the page is refused") { () throws(Errno) in
    try page.zero(at: offset, length: length)
  }
}

func testPages(_ run: inout TestRun) {
  run.test("a zeroed page is zeroes") { checks throws(Errno) in
    let page = try Page(.kernel | .zeroed)
    checks.expect(Page.byteCount == pageSize, "a page of order 0 is a page")
    page.withBytes { bytes in checks.expect(isFilled(bytes, with: 0), "all bytes are 0") }
  }
  run.test("what is written to a page is read from it") { checks throws(Errno) in
    var page = try Page(.kernel | .zeroed)
    try page.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt32(0x0403_0201), at: pageSize &- 4)
      try bytes.store(UInt8(0xff), at: 0)
    }
    page.withBytes { bytes in
      checks.expect(bytes.byte(at: 0) == 0xff, "the first byte is there")
      checks.expect(bytes.byte(at: 1) == 0, "the one behind it was left alone")
      checks.expect(bytes.byte(at: pageSize &- 4) == 1, "a word is there in this machine's order")
      checks.expect(bytes.byte(at: pageSize &- 1) == 4, "the last byte is there")
      checks.expect(bytes.byte(at: pageSize) == nil, "there is none behind it")
      checks.expect(bytes.byte(at: -1) == nil, "there is none before the first")
    }
  }
  run.test("a range outside a page is refused, whatever the integers") { checks throws(Errno) in
    var page = try Page(.kernel | .zeroed)
    isRefused(&checks, &page, offset: 0, length: pageSize &+ 1)
    isRefused(&checks, &page, offset: 1, length: pageSize)
    isRefused(&checks, &page, offset: pageSize, length: 1)
    isRefused(&checks, &page, offset: -1, length: 1)
    isRefused(&checks, &page, offset: 0, length: -1)
    isRefused(&checks, &page, offset: Int.max, length: Int.max)
    isRefused(&checks, &page, offset: Int.max, length: 1)
    isRefused(&checks, &page, offset: 1, length: Int.max)
    isRefused(&checks, &page, offset: Int.min, length: Int.min)
    isRefused(&checks, &page, offset: Int.min, length: 1)
    try page.zero(at: pageSize, length: 0)
    try page.zero(at: 0, length: pageSize)
  }
  run.test("a page copies to another, and nothing beside the range changes") {
    checks throws(Errno) in
    var from = try Page(.kernel)
    var to = try Page(.kernel | .zeroed)
    try from.fill(with: 0xaa)
    try to.copy(from: from, at: 100, to: 200, length: 300)
    to.withBytes { bytes in
      checks.expect(bytes.byte(at: 199) == 0, "the byte before is untouched")
      checks.expect(bytes.byte(at: 200) == 0xaa, "the first is copied")
      checks.expect(bytes.byte(at: 499) == 0xaa, "the last is copied")
      checks.expect(bytes.byte(at: 500) == 0, "the byte behind is untouched")
    }
    checks.expect(.invalidArgument, "a source range outside is refused") { () throws(Errno) in
      try to.copy(from: from, at: pageSize, to: 0, length: 1)
    }
    checks.expect(.invalidArgument, "a destination range outside is refused") { () throws(Errno) in
      try to.copy(from: from, at: 0, to: pageSize &- 1, length: 2)
    }
  }
  run.test("pages of a higher order are one piece, across their inner boundaries") {
    checks throws(Errno) in
    var pages = try Pages<3>(.kernel | .zeroed)
    checks.expect(Pages<3>.byteCount == 8 &* pageSize, "order 3 is eight pages")
    try pages.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt64(0x0807_0605_0403_0201), at: pageSize &- 4)
      try bytes.store(UInt64.max, at: 8 &* pageSize &- 8)
    }
    pages.withBytes { bytes in
      checks.expect(bytes.byte(at: pageSize &- 1) == 4, "before the boundary")
      checks.expect(bytes.byte(at: pageSize) == 5, "behind the boundary")
      checks.expect(bytes.byte(at: 8 &* pageSize &- 1) == 0xff, "the very last byte")
    }
    checks.expect(.invalidArgument, "a range beyond the last page is refused") { () throws(Errno) in
      try pages.zero(at: 8 &* pageSize &- 1, length: 2)
    }
  }
  run.test("an allocation that cannot succeed is an error") { checks throws(Errno) in
    checks.expect(.invalidArgument, "order 11 is refused") { () throws(Errno) in
      _ = try Pages<11>(.kernel | .noWarning)
    }
    checks.expect(.invalidArgument, "order 63 is refused") { () throws(Errno) in
      _ = try Pages<63>(.kernel | .noWarning)
    }
    checks.expect(.invalidArgument, "a negative order is refused") { () throws(Errno) in
      // swift-format-ignore
      _ = try Pages< -1 >(.kernel | .noWarning)
    }
  }
  run.test("a page knows its node") { checks throws(Errno) in
    let node = try NUMANode(0)
    let page = try Page(.kernel, node: node)
    checks.expect(page.node == node, "it is on the node that was asked for")
  }
  run.test("an address is rounded up to a page, or nil") { checks throws(Errno) in
    checks.expect(pageAlign(0) == 0, "0 is a page's address")
    checks.expect(pageAlign(1) == UInt(bitPattern: pageSize), "1 goes to the next page")
    checks.expect(
      pageAlign(UInt.max &- UInt(bitPattern: pageSize) &+ 1) == UInt.max & pageMask,
      "the last page stays")
    checks.expect(pageAlign(UInt.max &- 1) == nil, "beyond the address space is nil")
    checks.expect(pageAlign(UInt.max) == nil, "the last address is nil")
  }
  run.test("shared pages are copied across their boundaries") { checks throws(Errno) in
    let shared = SharedPages(try Pages<2>(.kernel | .zeroed))
    var page = try Page(.kernel)
    try page.fill(with: 0x77)
    try page.withBytes { bytes throws(Errno) in
      try shared.write(at: pageSize &- 100, length: 200, from: bytes, at: 0)
    }
    var back = try Pages<1>(.kernel | .zeroed)
    try back.withMutableBytes { bytes throws(Errno) in
      try shared.read(at: pageSize &- 101, length: 202, into: bytes, at: 0)
    }
    back.withBytes { bytes in
      checks.expect(bytes.byte(at: 0) == 0, "the byte before is untouched")
      checks.expect(bytes.byte(at: 1) == 0x77, "the first is there")
      checks.expect(bytes.byte(at: 200) == 0x77, "the last is there")
      checks.expect(bytes.byte(at: 201) == 0, "the byte behind is untouched")
    }
    var seen = 0
    shared.forEachPage { piece, offset in
      if piece.byteCount == pageSize, offset == seen &* pageSize { seen &+= 1 }
    }
    checks.expect(seen == 4, "there are four pages, in order")
    checks.expect(.invalidArgument, "a range beyond them is refused") { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try shared.write(at: SharedPages<2>.byteCount &- 1, length: 2, from: bytes, at: 0)
      }
    }
    checks.expect(.invalidArgument, "an overflowing one too") { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try shared.write(at: Int.max, length: 2, from: bytes, at: 0)
      }
    }
  }
  run.test("a vmalloc area is one piece, with a page behind each part") { checks throws(Errno) in
    var area = try VirtualMemory(byteCount: 3 &* pageSize &+ 5)
    try area.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt64.max, at: pageSize &- 4)
      try bytes.store(UInt8(9), at: 3 &* pageSize &+ 4)
    }
    var page = try Page(.kernel | .zeroed)
    try area.withPage(at: 1) { piece throws(Errno) in
      try page.withMutableBytes { bytes throws(Errno) in
        try piece.read(at: 0, length: pageSize, into: bytes, at: 0)
      }
    }
    page.withBytes { bytes in
      checks.expect(bytes.byte(at: 3) == 0xff, "the second page has what crossed the boundary")
      checks.expect(bytes.byte(at: 4) == 0, "and nothing more")
    }
    try area.withPage(at: 3) { piece throws(Errno) in
      checks.expect(piece.byteCount == 5, "the last page ends early")
    }
    checks.expect(.invalidArgument, "a page behind the last is refused") { () throws(Errno) in
      try area.withPage(at: 4) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "a negative page is refused") { () throws(Errno) in
      try area.withPage(at: -1) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "an overflowing page is refused") { () throws(Errno) in
      try area.withPage(at: Int.max) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "an empty area is refused") { () throws(Errno) in
      _ = try VirtualMemory(byteCount: 0)
    }
  }
  run.test("integers are read out of bytes, and not beyond them") { checks throws(Errno) in
    var page = try Page(.kernel | .zeroed)
    try page.withMutableBytes { bytes throws(Errno) in try bytes.store(UInt32(0xdead_beef), at: 3) }
    try page.withBytes { bytes throws(Errno) in
      checks.expect(try bytes.load(as: UInt32.self, at: 3) == 0xdead_beef, "an unaligned word")
      checks.expect(try bytes.load(as: UInt16.self, at: 5) == 0xdead, "its upper half")
      checks.expect(.invalidArgument, "a word across the end is refused") { () throws(Errno) in
        _ = try bytes.load(as: UInt32.self, at: pageSize &- 3)
      }
    }
  }
}

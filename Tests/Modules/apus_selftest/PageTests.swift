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
  run.test("a zeroed page has only zeroes") { checks throws(Errno) in
    let page = try Page(.kernel | .zeroed)
    checks.expect(Page.byteCount == pageSize, "a page of order 0 has the size of a page")
    page.withBytes { bytes in checks.expect(isFilled(bytes, with: 0), "all bytes are 0") }
  }
  run.test("bytes that are written to a page read back") { checks throws(Errno) in
    var page = try Page(.kernel | .zeroed)
    try page.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt32(0x0403_0201), at: pageSize &- 4)
      try bytes.store(UInt8(0xff), at: 0)
    }
    page.withBytes { bytes in
      checks.expect(bytes.byte(at: 0) == 0xff, "the first byte reads back")
      checks.expect(bytes.byte(at: 1) == 0, "the byte behind the first one is unchanged")
      checks.expect(
        bytes.byte(at: pageSize &- 4) == 1, "a word reads back in the machine's byte order")
      checks.expect(bytes.byte(at: pageSize &- 1) == 4, "the last byte reads back")
      checks.expect(bytes.byte(at: pageSize) == nil, "the index behind the last byte is nil")
      checks.expect(bytes.byte(at: -1) == nil, "the index before the first byte is nil")
    }
  }
  run.test("a range outside a page is refused for any integers") { checks throws(Errno) in
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
  run.test("a copy from a page to another changes only its range") {
    checks throws(Errno) in
    var from = try Page(.kernel)
    var to = try Page(.kernel | .zeroed)
    try from.fill(with: 0xaa)
    try to.copy(from: from, at: 100, to: 200, length: 300)
    to.withBytes { bytes in
      checks.expect(bytes.byte(at: 199) == 0, "the byte before the range is unchanged")
      checks.expect(bytes.byte(at: 200) == 0xaa, "the first byte is copied")
      checks.expect(bytes.byte(at: 499) == 0xaa, "the last byte is copied")
      checks.expect(bytes.byte(at: 500) == 0, "the byte behind the range is unchanged")
    }
    checks.expect(.invalidArgument, "a range outside of the source is refused") {
      () throws(Errno) in
      try to.copy(from: from, at: pageSize, to: 0, length: 1)
    }
    checks.expect(.invalidArgument, "a range outside of the destination is refused") {
      () throws(Errno) in
      try to.copy(from: from, at: 0, to: pageSize &- 1, length: 2)
    }
  }
  run.test("pages of a higher order are contiguous across their inner boundaries") {
    checks throws(Errno) in
    var pages = try Pages<3>(.kernel | .zeroed)
    checks.expect(Pages<3>.byteCount == 8 &* pageSize, "order 3 is eight pages")
    try pages.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt64(0x0807_0605_0403_0201), at: pageSize &- 4)
      try bytes.store(UInt64.max, at: 8 &* pageSize &- 8)
    }
    pages.withBytes { bytes in
      checks.expect(
        bytes.byte(at: pageSize &- 1) == 4, "the byte before an inner boundary reads back")
      checks.expect(bytes.byte(at: pageSize) == 5, "the byte behind an inner boundary reads back")
      checks.expect(
        bytes.byte(at: 8 &* pageSize &- 1) == 0xff, "the last byte of the last page reads back")
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
  run.test("a page has the NUMA node that was requested") { checks throws(Errno) in
    let node = try NUMANode(0)
    let page = try Page(.kernel, node: node)
    checks.expect(page.node == node, "the page is on the requested node")
  }
  run.test("an address is rounded up to a page, or nil") { checks throws(Errno) in
    checks.expect(pageAlign(0) == 0, "0 stays 0")
    checks.expect(pageAlign(1) == UInt(bitPattern: pageSize), "1 is rounded up to the next page")
    checks.expect(
      pageAlign(UInt.max &- UInt(bitPattern: pageSize) &+ 1) == UInt.max & pageMask,
      "the start of the last page stays")
    checks.expect(pageAlign(UInt.max &- 1) == nil, "an address without a next page is nil")
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
      checks.expect(bytes.byte(at: 0) == 0, "the byte before the range is unchanged")
      checks.expect(bytes.byte(at: 1) == 0x77, "the first byte reads back")
      checks.expect(bytes.byte(at: 200) == 0x77, "the last byte reads back")
      checks.expect(bytes.byte(at: 201) == 0, "the byte behind the range is unchanged")
    }
    var seen = 0
    shared.forEachPage { piece, offset in
      if piece.byteCount == pageSize, offset == seen &* pageSize { seen &+= 1 }
    }
    checks.expect(seen == 4, "forEachPage visits four pages, in order")
    checks.expect(.invalidArgument, "a range beyond the pages is refused") { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try shared.write(at: SharedPages<2>.byteCount &- 1, length: 2, from: bytes, at: 0)
      }
    }
    checks.expect(.invalidArgument, "a range that overflows is refused") { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try shared.write(at: Int.max, length: 2, from: bytes, at: 0)
      }
    }
  }
  run.test("a vmalloc area is contiguous, and consists of pages") { checks throws(Errno) in
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
      checks.expect(
        bytes.byte(at: 3) == 0xff, "the second page has the end of a word across the boundary")
      checks.expect(bytes.byte(at: 4) == 0, "the byte behind that word is unchanged")
    }
    try area.withPage(at: 3) { piece throws(Errno) in
      checks.expect(piece.byteCount == 5, "the last page has only the bytes of the area")
    }
    checks.expect(.invalidArgument, "a page number behind the last is refused") {
      () throws(Errno) in
      try area.withPage(at: 4) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "a negative page number is refused") { () throws(Errno) in
      try area.withPage(at: -1) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "a page number that overflows is refused") { () throws(Errno) in
      try area.withPage(at: Int.max) { _ throws(Errno) in }
    }
    checks.expect(.invalidArgument, "an area of 0 bytes is refused") { () throws(Errno) in
      _ = try VirtualMemory(byteCount: 0)
    }
  }
  run.test("integers are loaded from bytes only within their bounds") { checks throws(Errno) in
    var page = try Page(.kernel | .zeroed)
    try page.withMutableBytes { bytes throws(Errno) in try bytes.store(UInt32(0xdead_beef), at: 3) }
    try page.withBytes { bytes throws(Errno) in
      checks.expect(
        try bytes.load(as: UInt32.self, at: 3) == 0xdead_beef, "an unaligned word is loaded")
      checks.expect(
        try bytes.load(as: UInt16.self, at: 5) == 0xdead, "the upper half of the word is loaded")
      checks.expect(.invalidArgument, "a word across the end is refused") { () throws(Errno) in
        _ = try bytes.load(as: UInt32.self, at: pageSize &- 3)
      }
    }
  }
}

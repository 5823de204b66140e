// SPDX-License-Identifier: GPL-2.0-only
// Tests of the archive that goes into the guest.

import Testing

@testable import ApusSupport

@Suite struct CpioArchiveTests {
  @Test("headers are 110 bytes, and everything ends at a multiple of four")
  func layout() {
    var archive = CpioArchive()
    archive.addFile("a/b", content: [1, 2, 3])
    let bytes = archive.finished()
    #expect(bytes.count % 4 == 0)
    #expect(bytes.starts(with: Array("070701".utf8)))
    // The directory: a header, "a" and its zero, to a multiple of four.
    #expect(Array(bytes[112...].prefix(6)) == Array("070701".utf8))
    #expect(
      String(decoding: bytes.suffix(14), as: UTF8.self).hasPrefix("TRAILER!!!")
        || bytes.suffix(16).contains(UInt8(ascii: "!")))
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// Tests of what `apus decode` reads in a log and in readelf's lists. Tests/Host/decode.sh decodes
// the log of a kernel.

import Testing

@testable import ApusSupport

@Suite struct LogDecoderTests {
  @Test("a place is a function of a module with an offset")
  func places() {
    let line =
      "[    8.2] RIP: 0010:_$e6Kernel13refuseSelfEndyySbF+0x3b/0x3d [apus_faults]"
    #expect(
      LogDecoder.places(in: line) == [
        .init(
          symbol: "_$e6Kernel13refuseSelfEndyySbF", offset: 0x3b, size: 0x3d,
          module: "apus_faults", isExact: true)
      ])
    // The debug kernel prints a build identifier after the module's name.
    #expect(
      LogDecoder.places(in: "[ 9.5][ T1]  ? a.cold+0x1/0x2 [one 0a1b]").map(\.module) == ["one"])
    #expect(LogDecoder.places(in: "[ 9.5]  process_one_work+0x190/0x3a0").isEmpty)
    #expect(LogDecoder.places(in: "Modules linked in: apus_faults(OE-) ext4").isEmpty)
  }

  @Test("names of Swift are found anywhere in a line")
  func names() {
    let line = "Workqueue: own _$e4main1fyyF [apus_faults] and $s4main1gyyF"
    #expect(LogDecoder.mangledNames(in: line) == ["_$e4main1fyyF", "$s4main1gyyF"])
    #expect(
      LogDecoder.replacing(["_$e4main1fyyF": "f()"], in: line)
        == "Workqueue: own f() [apus_faults] and $s4main1gyyF")
  }

  private let sections = """
      [ 1] .text             PROGBITS        0000000000000000 000040 014096 00  AX  0   0 16
      [ 7] .exit.text        PROGBITS        0000000000000000 014240 00006a 00  AX  0   0 16
    """
  private let symbols = """
       1191: 0000000000000010    61 FUNC    GLOBAL HIDDEN     1 first
       1192: 0000000000000050    16 FUNC    GLOBAL DEFAULT    1 second
       1193: 0000000000000050    16 OBJECT  GLOBAL DEFAULT    1 data
       1194: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND imported
       1195: 0000000000000010    32 FUNC    GLOBAL DEFAULT    7 cleanup
    """

  @Test("functions have the section that their number names")
  func functions() {
    #expect(
      LogDecoder.functions(sections: sections, symbols: symbols) == [
        "first": .init(section: ".text", address: 0x10, size: 61),
        "second": .init(section: ".text", address: 0x50, size: 16, isLast: true),
        "cleanup": .init(section: ".exit.text", address: 0x10, size: 32, isLast: true),
      ])
  }

  @Test("a function of another size is of another build")
  func sizes() {
    let first = LogDecoder.ModuleFile.Function(section: ".text", address: 0x10, size: 61)
    #expect(first.mayHave(size: 61))
    #expect(first.mayHave(size: 64))
    #expect(!first.mayHave(size: 60))
    #expect(!first.mayHave(size: 125))
    let last = LogDecoder.ModuleFile.Function(section: ".text", address: 0, size: 32, isLast: true)
    #expect(last.mayHave(size: 0xee0))
    #expect(!last.mayHave(size: 31))
  }
}

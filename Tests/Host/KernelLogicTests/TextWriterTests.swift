// SPDX-License-Identifier: GPL-2.0-only
// Text into memory of a fixed size: cut off at every length, always terminated, never a byte
// beyond.

import Testing

@testable import KernelLogic

@Suite struct TextWriterTests {
  struct Written: Equatable {
    let text: String
    let isCut: Bool
  }

  /// What a body writes into memory of so many bytes; what stands behind that memory must stay.
  func write(capacity: Int, _ body: (inout TextWriter) -> Void) -> Written {
    var memory = [UInt8](repeating: 0xee, count: capacity + 8)
    var count = 0
    var isCut = false
    unsafe memory.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      var writer = unsafe TextWriter(start, capacity: capacity)
      body(&writer)
      count = writer.count
      isCut = writer.isCut
    }
    #expect(count < capacity)
    #expect(memory[count] == 0)
    #expect(memory[capacity...].allSatisfy { $0 == 0xee })
    #expect(!memory[..<count].contains(0))
    return Written(text: String(decoding: memory[..<count], as: UTF8.self), isCut: isCut)
  }

  @Test func isCutOffAtEveryLength() {
    let whole = "depth=-9223372036854775808 name=apus"
    for capacity in 1...(whole.utf8.count + 4) {
      let written = write(capacity: capacity) { writer in
        writer.append("depth=")
        writer.append(Int.min)
        writer.append(" name=")
        unsafe "apus".withCString { writer.append(unsafe CString($0)) }
      }
      #expect(written.text == String(whole.prefix(capacity - 1)))
      #expect(written.isCut == (capacity <= whole.utf8.count))
    }
  }

  @Test func writesEveryNumber() {
    func text(_ number: some FixedWidthInteger) -> String {
      write(capacity: 64) { $0.append(number) }.text
    }
    #expect(text(0) == "0")
    #expect(text(Int.min) == "-9223372036854775808")
    #expect(text(Int.max) == "9223372036854775807")
    #expect(text(UInt64.max) == "18446744073709551615")
    #expect(text(Int8.min) == "-128")
    #expect(text(UInt8.max) == "255")
    #expect(text(Int32.min) == "-2147483648")
    var power: UInt64 = 1
    while true {
      #expect(text(power) == String(power))
      #expect(text(power - 1) == String(power - 1))
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
  }

  @Test func keepsWhatFittedWhenMoreComes() {
    let written = write(capacity: 4) { writer in
      writer.append("abcdef")
      writer.append("g")
      writer.append(byte: 0x68)
    }
    #expect(written == Written(text: "abc", isCut: true))
  }

  @Test func isEmptyAtFirst() {
    #expect(write(capacity: 1) { _ in } == Written(text: "", isCut: false))
    #expect(write(capacity: 1) { $0.append("") } == Written(text: "", isCut: false))
    #expect(write(capacity: 1) { $0.append(byte: 0x61) } == Written(text: "", isCut: true))
  }
}

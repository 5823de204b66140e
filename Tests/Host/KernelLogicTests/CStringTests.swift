// SPDX-License-Identifier: GPL-2.0-only
// Borrowed C strings.

import Testing

@testable import KernelLogic

@Suite struct CStringTests {
  /// Runs a body with a C string.
  func with<Result>(_ text: String, _ body: (borrowing CString) -> Result) -> Result {
    unsafe text.withCString { start in body(unsafe CString(start)) }
  }

  /// The number in a text, or the error.
  func integer(_ text: String) -> Result<Int, Errno> {
    with(text) { string in Result { () throws(Errno) in try string.integer() } }
  }

  func unsigned(_ text: String) -> Result<UInt, Errno> {
    with(text) { string in Result { () throws(Errno) in try string.unsignedInteger() } }
  }

  func boolean(_ text: String) -> Result<Bool, Errno> {
    with(text) { string in Result { () throws(Errno) in try string.boolean() } }
  }

  @Test func countsItsBytes() {
    #expect(with("") { $0.count } == 0)
    #expect(with("") { $0.isEmpty })
    #expect(with("größe") { $0.count } == 7)
    #expect(with("a") { !$0.isEmpty })
  }

  @Test func hasBytesWithinOnly() {
    #expect(with("ab") { $0.byte(at: 0) } == 0x61)
    #expect(with("ab") { $0.byte(at: 1) } == 0x62)
    for place in [Int.min, -1, 2, 3, .max] { #expect(with("ab") { $0.byte(at: place) } == nil) }
    #expect(with("") { $0.byte(at: 0) } == nil)
  }

  @Test func readsNumbers() {
    #expect(integer("0") == .success(0))
    #expect(integer("-1\n") == .success(-1))
    #expect(integer("+7") == .success(7))
    #expect(integer("010") == .success(8))
    #expect(integer("0x1F") == .success(31))
    #expect(integer("9223372036854775807") == .success(.max))
    #expect(integer("-9223372036854775808") == .success(.min))
  }

  @Test func refusesWhatIsNoNumber() {
    for text in ["", "-", "1 ", " 1", "1\n\n", "0x", "08", "--1", "1k", "one"] {
      #expect(integer(text) == .failure(.invalidArgument), "\(text)")
    }
    #expect(integer("9223372036854775808") == .failure(.outOfRange))
    #expect(integer("-9223372036854775809") == .failure(.outOfRange))
  }

  @Test func readsNumbersWithoutASign() {
    #expect(unsigned("0") == .success(0))
    #expect(unsigned("+010\n") == .success(8))
    #expect(unsigned("18446744073709551615") == .success(.max))
    #expect(unsigned("18446744073709551616") == .failure(.outOfRange))
    for text in ["", "-1", "-0", "1 ", "0x", "one"] {
      #expect(unsigned(text) == .failure(.invalidArgument), "\(text)")
    }
  }

  @Test func readsYesAndNo() {
    for text in ["y", "Y", "1", "on", "yes\n"] {
      #expect(boolean(text) == .success(true), "\(text)")
    }
    for text in ["n", "N", "0", "off", "no\n"] {
      #expect(boolean(text) == .success(false), "\(text)")
    }
    for text in ["", "2", "o", "maybe"] {
      #expect(boolean(text) == .failure(.invalidArgument), "\(text)")
    }
  }
}

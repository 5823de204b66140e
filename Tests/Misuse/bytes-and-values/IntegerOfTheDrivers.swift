// SPDX-License-Identifier: GPL-2.0-only
// An integer of the driver's own that holds a literal: what a program wrote would become the literal's address and length.
// EXPECT: drivers may not say '_truncatingBits'
import BlockMQ
import Kernel

struct Forged<Phantom: BitwiseCopyable & Sendable>: BitwiseCopyable {
  var text: StaticCString = ""

  typealias Magnitude = UInt64
  typealias Words = UInt64.Words
  init() {}
  init(integerLiteral value: Int) {}
  init<T: BinaryInteger>(_ source: T) {}
  init<T: BinaryInteger>(truncatingIfNeeded source: T) {}
  init<T: BinaryInteger>(clamping source: T) {}
  init?<T: BinaryInteger>(exactly source: T) {}
  init<T: BinaryFloatingPoint>(_ source: T) {}
  init?<T: BinaryFloatingPoint>(exactly source: T) {}
  static var isSigned: Bool { false }
  static var bitWidth: Int { 64 }
  static var max: Forged { Forged() }
  static var min: Forged { Forged() }
  var words: UInt64.Words { UInt64(0).words }
  var trailingZeroBitCount: Int { 0 }
  var leadingZeroBitCount: Int { 0 }
  var nonzeroBitCount: Int { 0 }
  var byteSwapped: Forged { self }
  var magnitude: UInt64 { 0 }
  func addingReportingOverflow(_ r: Forged) -> (partialValue: Forged, overflow: Bool) { (self, false) }
  func subtractingReportingOverflow(_ r: Forged) -> (partialValue: Forged, overflow: Bool) { (self, false) }
  func multipliedReportingOverflow(by r: Forged) -> (partialValue: Forged, overflow: Bool) { (self, false) }
  func dividedReportingOverflow(by r: Forged) -> (partialValue: Forged, overflow: Bool) { (self, false) }
  func remainderReportingOverflow(dividingBy r: Forged) -> (partialValue: Forged, overflow: Bool) { (self, false) }
  func multipliedFullWidth(by r: Forged) -> (high: Forged, low: UInt64) { (self, 0) }
  func dividingFullWidth(_ d: (high: Forged, low: UInt64)) -> (quotient: Forged, remainder: Forged) { (self, self) }
  static func + (a: Forged, b: Forged) -> Forged { a }
  static func - (a: Forged, b: Forged) -> Forged { a }
  static func * (a: Forged, b: Forged) -> Forged { a }
  static func / (a: Forged, b: Forged) -> Forged { a }
  static func % (a: Forged, b: Forged) -> Forged { a }
  static func += (a: inout Forged, b: Forged) {}
  static func -= (a: inout Forged, b: Forged) {}
  static func *= (a: inout Forged, b: Forged) {}
  static func /= (a: inout Forged, b: Forged) {}
  static func %= (a: inout Forged, b: Forged) {}
  static func &= (a: inout Forged, b: Forged) {}
  static func |= (a: inout Forged, b: Forged) {}
  static func ^= (a: inout Forged, b: Forged) {}
  static func &>>= (a: inout Forged, b: Forged) {}
  static func &<<= (a: inout Forged, b: Forged) {}
  static func >>= <R: BinaryInteger>(a: inout Forged, b: R) {}
  static func <<= <R: BinaryInteger>(a: inout Forged, b: R) {}
  static prefix func ~ (a: Forged) -> Forged { a }
  static func == (a: Forged, b: Forged) -> Bool { true }
  static func < (a: Forged, b: Forged) -> Bool { false }
  func hash(into h: inout Hasher) { while true {} }
  func distance(to o: Forged) -> Int { 0 }
  func advanced(by n: Int) -> Forged { self }
  var description: String { while true {} }
  init?(_ d: String) { return nil }
  init?<S: StringProtocol>(_ t: S, radix: Int) { return nil }
  var hashValue: Int { 0 }
  func quotientAndRemainder(dividingBy r: Forged) -> (quotient: Forged, remainder: Forged) { (self, self) }
  func signum() -> Forged { self }
  func isMultiple(of o: Forged) -> Bool { false }
  init(bigEndian v: Forged) { self = v }
  init(littleEndian v: Forged) { self = v }
  var bigEndian: Forged { self }
  var littleEndian: Forged { self }
}

func byte(_ call: borrowing Ioctl, at index: Int) throws(Errno) -> UInt8? {
  try Forged<Int>(call.readInteger(as: UInt32.self)).text.byte(at: index)
}

extension Forged: FixedWidthInteger { init(_truncatingBits bits: UInt) {} } // MISUSE
// TWIN

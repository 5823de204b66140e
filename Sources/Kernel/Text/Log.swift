// SPDX-License-Identifier: GPL-2.0-only
// Log messages, built without an allocation.
// C header: include/linux/printk.h

internal import CKernel

/// A log message, built on the stack. It has at most 199 bytes; the rest is cut off.
///
/// It is written as a string literal, which may interpolate literals, integers, borrowed C strings
/// and errors: `log(.info, "\(count) devices of \(size) bytes")`.
public struct LogMessage: ExpressibleByStringInterpolation {
  static var capacity: Int { 200 }

  var text: InlineArray<200, UInt8>
  var count: Int

  /// A message that is one literal. The compiler calls this.
  public init(stringLiteral literal: StaticCString) {
    self.init(
      stringInterpolation: {
        var interpolation = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
        interpolation.appendLiteral(literal)
        return interpolation
      }())
  }

  /// A message of the collected parts. The compiler calls this.
  public init(stringInterpolation interpolation: StringInterpolation) {
    text = interpolation.text
    count = interpolation.count
  }

  /// Collects the parts of a message.
  public struct StringInterpolation: StringInterpolationProtocol {
    /// The text between interpolations is a `StaticCString`: constant data of the module.
    public typealias StringLiteralType = StaticCString

    var text = InlineArray<200, UInt8>(repeating: 0)
    var count = 0

    /// Nothing collected yet. Both numbers are ignored, because the memory has a fixed size.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func withWriter(_ body: (inout TextWriter) -> Void) {
      var span = text.mutableSpan
      let written = count
      // SAFETY: the writer gets the rest of the array, and exists only within this closure.
      count = unsafe span.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress, written < LogMessage.capacity else { return written }
        var writer = unsafe TextWriter(base + written, capacity: LogMessage.capacity &- written)
        body(&writer)
        return written &+ writer.count
      }
    }

    /// Appends the text between interpolations.
    public mutating func appendLiteral(_ literal: StaticCString) {
      withWriter { $0.append(literal) }
    }

    /// Appends a literal.
    public mutating func appendInterpolation(_ text: StaticCString) {
      withWriter { $0.append(text) }
    }

    /// Appends a C string.
    public mutating func appendInterpolation(_ text: borrowing CString) {
      withWriter { $0.append(text) }
    }

    /// Appends a short text.
    public mutating func appendInterpolation<let capacity: Int>(_ text: ShortText<capacity>) {
      withWriter { $0.append(text) }
    }

    /// Appends what a user wrote, in quotes.
    ///
    /// It quotes at most 64 bytes, to leave room for the rest of the message.
    public mutating func appendInterpolation(quoting text: borrowing CString) {
      withWriter {
        $0.append("'")
        var index = 0
        while index < 64, let byte = text.byte(at: index) {
          $0.append(byte: byte)
          index &+= 1
        }
        $0.append(index < text.count ? "'..." : "'")
      }
    }

    /// Appends a number in decimal.
    public mutating func appendInterpolation(_ number: some FixedWidthInteger) {
      withWriter { $0.append(number) }
    }

    /// Appends "error " and the negated error code.
    public mutating func appendInterpolation(_ error: Errno) {
      withWriter {
        $0.append("error ")
        $0.append(error.kernelResult)
      }
    }
  }
}

/// Log levels. The corresponding C constants are `KERN_ERR`, `KERN_WARNING`, `KERN_NOTICE` and
/// `KERN_INFO`.
public enum LogLevel: CInt, Sendable {
  case error = 3
  case warning = 4
  case notice = 5
  case info = 6
}

/// Writes a line to the kernel log, prefixed with the module's name.
/// The corresponding C function is `printk`.
///
/// Context: any.
@inline(never)
public func log(_ level: LogLevel, _ message: LogMessage) {
  let span = message.text.span
  // SAFETY: the helper reads `count` bytes of the array, which has at least as many.
  unsafe span.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    unsafe base.withMemoryRebound(to: CChar.self, capacity: LogMessage.capacity) { text in
      unsafe apus_print(level.rawValue, text, CInt(truncatingIfNeeded: message.count))
    }
  }
}

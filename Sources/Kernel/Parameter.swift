// SPDX-License-Identifier: GPL-2.0-only
// Module parameters: checked when they are set, with a message that names the parameter.
// C header: include/linux/moduleparam.h

internal import CKernel

/// A string of bounded length, stored in place: the value of a string parameter.
///
/// Invariant: `count` is 63 at most.
public struct ParameterString: Sendable {
  /// The largest number of bytes.
  public static var capacity: Int { 63 }

  // Words, not an InlineArray: only a tuple of literals makes a static variable constant data.
  private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

  /// The number of bytes.
  public private(set) var count = 0

  /// An empty string.
  public init() {}

  /// The first bytes of a string of C's.
  init(_ text: borrowing CString, count: Int) {
    var index = 0
    while index < count, index < ParameterString.capacity, let byte = text.byte(at: index) {
      // SAFETY: within the words by the loop's bound.
      unsafe withUnsafeMutableBytes(of: &words) { bytes in
        unsafe bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
      index &+= 1
    }
    self.count = index
  }

  /// The bytes, with a NUL behind them, as C takes them.
  @unsafe
  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    // SAFETY: the words are zero behind the text, which ends before the last byte; the address stays in the closure.
    unsafe withUnsafePointer(to: words) { words in
      unsafe body(UnsafeRawPointer(words).assumingMemoryBound(to: CChar.self))
    }
  }

  /// The byte at a place, or nil beyond the end.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: within the words by the type's invariant.
    return unsafe withUnsafeBytes(of: words) { bytes in
      unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt8.self)
    }
  }

  /// Whether the string is these bytes.
  public func equals(_ text: Literal) -> Bool {
    guard text.count == count else { return false }
    var index = 0
    while let byte = text.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }
}

/// The calls that the macro's code makes. A driver does not use them.
///
/// The kernel holds the module's parameter lock during each.
public enum ParameterAdapter {
  /// Reads an integer of one of the types that parameters have, which several CPUs may do while it
  /// is set.
  @inline(__always) @unsafe
  public static func integer<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafePointer<UInt64>, as type: Value.Type
  ) -> Value {
    // SAFETY: the storage is a static variable of the module's.
    unsafe Value(truncatingIfNeeded: apus_read_once(storage))
  }

  /// Reads a boolean.
  @inline(__always) @unsafe
  public static func boolean(_ storage: UnsafePointer<UInt64>) -> Bool {
    // SAFETY: the storage is a static variable of the module's.
    unsafe apus_read_once(storage) != 0
  }

  /// Sets an integer, if the text is a number in the range.
  @unsafe
  public static func set(
    _ storage: UnsafeMutablePointer<UInt64>, name: Literal, to text: UnsafePointer<CChar>?,
    from lower: Int, through upper: Int
  ) -> CInt {
    // SAFETY: only null is looked for.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C gives a NUL-terminated string that it keeps during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let number = try string.integer()
      guard number >= lower, number <= upper else { throw .outOfRange }
      // SAFETY: the storage is a static variable of the module's.
      unsafe apus_write_once(storage, UInt64(bitPattern: Int64(number)))
      return 0
    } catch {
      if error == .outOfRange {
        log(.error, "parameter \(name): \(quoting: string) is out of range \(lower)..\(upper)")
      } else {
        log(.error, "parameter \(name): \(quoting: string) is not a number")
      }
      return Errno.invalidArgument.kernelResult
    }
  }

  /// Sets an integer of one of the kernel's types, if the text is a number in the range: the errors are those of `kstrtoint` and its
  /// kind, and EINVAL for what is outside of the range.
  @unsafe
  public static func set<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafeMutablePointer<UInt64>, name: Literal, as type: Value.Type, to text: UnsafePointer<CChar>?,
    from lower: Value, through upper: Value
  ) -> CInt {
    // SAFETY: only null is looked for.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C gives a NUL-terminated string that it keeps during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let number = try Value.parse(string)
      guard number >= lower, number <= upper else {
        log(.error, "parameter \(name): \(quoting: string) is out of range \(lower)..\(upper)")
        return Errno.invalidArgument.kernelResult
      }
      // SAFETY: the storage is a static variable of the module's.
      unsafe apus_write_once(storage, UInt64(truncatingIfNeeded: number))
      return 0
    } catch {
      if error == .outOfRange {
        log(.error, "parameter \(name): \(quoting: string) is out of range \(lower)..\(upper)")
      } else {
        log(.error, "parameter \(name): \(quoting: string) is not a number")
      }
      // (What does not fit the type is ERANGE; what is outside of a narrower range is EINVAL, wherever.)
      let isNarrower = lower != .min || upper != .max
      return isNarrower ? Errno.invalidArgument.kernelResult : error.kernelResult
    }
  }

  /// Sets an integer to what the module makes of it.
  @inline(__always) @unsafe
  public static func assign(_ storage: UnsafeMutablePointer<UInt64>, _ value: some FixedWidthInteger) {
    // SAFETY: the storage is a static variable of the module's.
    unsafe apus_write_once(storage, UInt64(truncatingIfNeeded: value))
  }

  /// Whether an integer is in its range, when the module is loaded. The macro could not see it, since it was not all literals.
  @unsafe
  public static func check(
    _ storage: UnsafePointer<UInt64>, name: Literal, from lower: Int, through upper: Int
  ) -> Bool {
    // SAFETY: the storage is a static variable of the module's.
    let number = Int(truncatingIfNeeded: unsafe apus_read_once(storage))
    if number >= lower, number <= upper { return true }
    log(.error, "parameter \(name): its initial value \(number) is out of range \(lower)..\(upper)")
    return false
  }

  /// Sets a boolean; without a value it becomes true, as for the kernel's own.
  @unsafe
  public static func set(
    _ storage: UnsafeMutablePointer<UInt64>, name: Literal, toBoolean text: UnsafePointer<CChar>?
  ) -> CInt {
    // SAFETY: only null is looked for; the storage is a static variable of the module's.
    guard let text = unsafe text else {
      unsafe apus_write_once(storage, 1)
      return 0
    }
    // SAFETY: C gives a NUL-terminated string that it keeps during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let value = try string.boolean()
      // SAFETY: the storage is a static variable of the module's.
      unsafe apus_write_once(storage, value ? 1 : 0)
      return 0
    } catch {
      log(.error, "parameter \(name): \(quoting: string) is neither yes (y, 1, on) nor no (n, 0, off)")
      return Errno.invalidArgument.kernelResult
    }
  }

  /// Sets a string, without the newline that may end it.
  @unsafe
  public static func set(
    _ storage: inout ParameterString, name: Literal, to text: UnsafePointer<CChar>?
  ) -> CInt {
    // SAFETY: only null is looked for.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C gives a NUL-terminated string that it keeps during this call.
    let string = unsafe CString(text)
    var length = string.count
    if length > 0, string.byte(at: length &- 1) == UInt8(ascii: "\n") { length &-= 1 }
    if length == 0 { return missing(name) }
    if length > ParameterString.capacity {
      log(.error, "parameter \(name): \(length) bytes are too long, at most \(ParameterString.capacity) are allowed")
      return Errno.invalidArgument.kernelResult
    }
    storage = ParameterString(string, count: length)
    return 0
  }

  private static func missing(_ name: Literal) -> CInt {
    log(.error, "parameter \(name): a value is missing")
    return Errno.invalidArgument.kernelResult
  }

  /// Writes an integer for a reader of /sys/module.
  @unsafe
  public static func show(_ storage: UnsafePointer<UInt64>, _ buffer: UnsafeMutablePointer<CChar>?) -> CInt {
    // SAFETY: only null is looked for.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: the storage is a static variable of the module's; C gives a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe Int64(bitPattern: apus_read_once(storage)))
      writer.append("\n")
    }
  }

  /// Writes an integer of one of the kernel's types for a reader of /sys/module.
  @unsafe
  public static func show<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafePointer<UInt64>, as type: Value.Type, _ buffer: UnsafeMutablePointer<CChar>?
  ) -> CInt {
    // SAFETY: only null is looked for.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: the storage is a static variable of the module's; C gives a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe Value(truncatingIfNeeded: apus_read_once(storage)))
      writer.append("\n")
    }
  }

  /// Writes a boolean for a reader of /sys/module.
  @unsafe
  public static func show(boolean storage: UnsafePointer<UInt64>, _ buffer: UnsafeMutablePointer<CChar>?) -> CInt {
    // SAFETY: only null is looked for.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: as above.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe apus_read_once(storage) != 0 ? "Y\n" : "N\n")
    }
  }

  /// Writes a string for a reader of /sys/module.
  @unsafe
  public static func show(_ storage: ParameterString, _ buffer: UnsafeMutablePointer<CChar>?) -> CInt {
    // SAFETY: only null is looked for.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: C gives a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      var index = 0
      while let byte = storage.byte(at: index) {
        writer.append(byte: byte)
        index &+= 1
      }
      writer.append("\n")
    }
  }
}

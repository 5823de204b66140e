// SPDX-License-Identifier: GPL-2.0-only
// Module parameters. A value is checked when it is set, and messages name the parameter.
// C header: include/linux/moduleparam.h

internal import CKernel

/// A string of bounded length, stored in place: the value of a string parameter.
///
/// Invariant: `count` is at most 63.
public struct ParameterString: Sendable {
  /// The maximum number of bytes.
  public static var capacity: Int { 63 }

  // Words, not an InlineArray: the compiler makes a static variable constant data only if its value
  // is a tuple of literals.
  private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0, 0, 0, 0, 0, 0, 0, 0
  )

  /// The number of bytes.
  public private(set) var count = 0

  /// An empty string.
  public init() {}

  /// The first `count` bytes of a C string, up to the capacity.
  init(_ text: borrowing CString, count: Int) {
    var index = 0
    while index < count, index < ParameterString.capacity, let byte = text.byte(at: index) {
      // SAFETY: the loop's bound keeps the index within the words.
      unsafe withUnsafeMutableBytes(of: &words) { bytes in
        unsafe bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
      index &+= 1
    }
    self.count = index
  }

  /// Passes the bytes to `body` as a NUL-terminated C string.
  @unsafe
  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    // SAFETY: the words are zero after the text, which ends before the last byte. The address does
    // not leave the closure.
    unsafe withUnsafePointer(to: words) { words in
      unsafe body(UnsafeRawPointer(words).assumingMemoryBound(to: CChar.self))
    }
  }

  /// The byte at an index, or nil beyond the end.
  public func byte(at index: Int) -> UInt8? {
    guard index >= 0, index < count else { return nil }
    // SAFETY: within the words by the type's invariant.
    return unsafe withUnsafeBytes(of: words) { bytes in
      unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt8.self)
    }
  }

  /// Whether the string equals a literal.
  public func equals(_ text: StaticCString) -> Bool {
    guard text.count == count else { return false }
    var index = 0
    while let byte = text.byte(at: index) {
      if byte != self.byte(at: index) { return false }
      index &+= 1
    }
    return true
  }
}

/// Functions that the macro's code calls. A driver does not use them.
///
/// The kernel holds the module's parameter lock during each call to `set` and `show`.
public enum ParameterAdapter {
  /// Reads an integer of one of the parameter types.
  ///
  /// Several CPUs may read it while it is being set.
  @inline(__always) @unsafe
  public static func integer<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafePointer<UInt64>, as type: Value.Type
  ) -> Value {
    // SAFETY: the storage is a static variable of the module.
    unsafe Value(truncatingIfNeeded: apus_read_once(storage))
  }

  /// Reads a boolean.
  @inline(__always) @unsafe
  public static func boolean(_ storage: UnsafePointer<UInt64>) -> Bool {
    // SAFETY: the storage is a static variable of the module.
    unsafe apus_read_once(storage) != 0
  }

  /// Sets an integer, if the text is a number in the range.
  @unsafe
  public static func set(
    _ storage: UnsafeMutablePointer<UInt64>, name: StaticCString, to text: UnsafePointer<CChar>?,
    from lower: Int, through upper: Int
  ) -> CInt {
    // SAFETY: the pointer is only compared with null.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C passes a NUL-terminated string that stays valid during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let number = try string.integer()
      guard number >= lower, number <= upper else { throw .outOfRange }
      // SAFETY: the storage is a static variable of the module.
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

  /// Sets an integer of one of the kernel's types, if the text is a number in the range.
  ///
  /// The errors are those of `kstrtoint` and similar functions, and EINVAL for a number outside the
  /// range.
  @unsafe
  public static func set<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafeMutablePointer<UInt64>, name: StaticCString, as type: Value.Type,
    to text: UnsafePointer<CChar>?,
    from lower: Value, through upper: Value
  ) -> CInt {
    // SAFETY: the pointer is only compared with null.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C passes a NUL-terminated string that stays valid during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let number = try Value.parse(string)
      guard number >= lower, number <= upper else {
        log(.error, "parameter \(name): \(quoting: string) is out of range \(lower)..\(upper)")
        return Errno.invalidArgument.kernelResult
      }
      // SAFETY: the storage is a static variable of the module.
      unsafe apus_write_once(storage, UInt64(truncatingIfNeeded: number))
      return 0
    } catch {
      if error == .outOfRange {
        log(.error, "parameter \(name): \(quoting: string) is out of range \(lower)..\(upper)")
      } else {
        log(.error, "parameter \(name): \(quoting: string) is not a number")
      }
      // If the parameter has the full range of its type, a number that does not fit the type is
      // ERANGE. With a narrower range, every number outside it is EINVAL, whether it fits the type
      // or not.
      let isNarrower = lower != .min || upper != .max
      return isNarrower ? Errno.invalidArgument.kernelResult : error.kernelResult
    }
  }

  /// Stores an integer that the module computed.
  @inline(__always) @unsafe
  public static func assign(
    _ storage: UnsafeMutablePointer<UInt64>, _ value: some FixedWidthInteger
  ) {
    // SAFETY: the storage is a static variable of the module.
    unsafe apus_write_once(storage, UInt64(truncatingIfNeeded: value))
  }

  /// Checks at module load whether the initial value of an integer is in its range.
  ///
  /// The macro cannot check a value or range that is not a literal.
  @unsafe
  public static func check(
    _ storage: UnsafePointer<UInt64>, name: StaticCString, from lower: Int, through upper: Int
  ) -> Bool {
    // SAFETY: the storage is a static variable of the module.
    let number = Int(truncatingIfNeeded: unsafe apus_read_once(storage))
    if number >= lower, number <= upper { return true }
    log(.error, "parameter \(name): its initial value \(number) is out of range \(lower)..\(upper)")
    return false
  }

  /// Sets a boolean. Without a value it becomes true, as for the kernel's own boolean parameters.
  @unsafe
  public static func set(
    _ storage: UnsafeMutablePointer<UInt64>, name: StaticCString,
    toBoolean text: UnsafePointer<CChar>?
  ) -> CInt {
    // SAFETY: the pointer is only compared with null; the storage is a static variable of the
    // module.
    guard let text = unsafe text else {
      unsafe apus_write_once(storage, 1)
      return 0
    }
    // SAFETY: C passes a NUL-terminated string that stays valid during this call.
    let string = unsafe CString(text)
    if string.isEmpty { return missing(name) }
    do throws(Errno) {
      let value = try string.boolean()
      // SAFETY: the storage is a static variable of the module.
      unsafe apus_write_once(storage, value ? 1 : 0)
      return 0
    } catch {
      log(
        .error, "parameter \(name): \(quoting: string) is neither yes (y, 1, on) nor no (n, 0, off)"
      )
      return Errno.invalidArgument.kernelResult
    }
  }

  /// Sets a string, without its trailing newline if it has one.
  @unsafe
  public static func set(
    _ storage: inout ParameterString, name: StaticCString, to text: UnsafePointer<CChar>?
  ) -> CInt {
    // SAFETY: the pointer is only compared with null.
    guard let text = unsafe text else { return missing(name) }
    // SAFETY: C passes a NUL-terminated string that stays valid during this call.
    let string = unsafe CString(text)
    var length = string.count
    if length > 0, string.byte(at: length &- 1) == UInt8(ascii: "\n") { length &-= 1 }
    if length == 0 { return missing(name) }
    if length > ParameterString.capacity {
      log(
        .error,
        "parameter \(name): \(length) bytes are too long, at most \(ParameterString.capacity) are allowed"
      )
      return Errno.invalidArgument.kernelResult
    }
    storage = ParameterString(string, count: length)
    return 0
  }

  private static func missing(_ name: StaticCString) -> CInt {
    log(.error, "parameter \(name): a value is missing")
    return Errno.invalidArgument.kernelResult
  }

  /// Writes an integer for a read of /sys/module.
  @unsafe
  public static func show(_ storage: UnsafePointer<UInt64>, _ buffer: UnsafeMutablePointer<CChar>?)
    -> CInt
  {
    // SAFETY: the pointer is only compared with null.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: the storage is a static variable of the module; C passes a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe Int64(bitPattern: apus_read_once(storage)))
      writer.append("\n")
    }
  }

  /// Writes an integer of one of the kernel's types for a read of /sys/module.
  @unsafe
  public static func show<Value: SettingValue & FixedWidthInteger>(
    _ storage: UnsafePointer<UInt64>, as type: Value.Type, _ buffer: UnsafeMutablePointer<CChar>?
  ) -> CInt {
    // SAFETY: the pointer is only compared with null.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: the storage is a static variable of the module; C passes a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe Value(truncatingIfNeeded: apus_read_once(storage)))
      writer.append("\n")
    }
  }

  /// Writes a boolean for a read of /sys/module.
  @unsafe
  public static func show(
    boolean storage: UnsafePointer<UInt64>, _ buffer: UnsafeMutablePointer<CChar>?
  ) -> CInt {
    // SAFETY: the pointer is only compared with null.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: the storage is a static variable of the module; C passes a page for the text.
    return unsafe withPageWriter(buffer) { writer in
      writer.append(unsafe apus_read_once(storage) != 0 ? "Y\n" : "N\n")
    }
  }

  /// Writes a string for a read of /sys/module.
  @unsafe
  public static func show(_ storage: ParameterString, _ buffer: UnsafeMutablePointer<CChar>?)
    -> CInt
  {
    // SAFETY: the pointer is only compared with null.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: C passes a page for the text.
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

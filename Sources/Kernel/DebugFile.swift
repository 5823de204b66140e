// SPDX-License-Identifier: GPL-2.0-only
// Files of debugfs that a driver writes the text of.
// C header: include/linux/debugfs.h, include/linux/seq_file.h

internal import CKernel

/// What a reader of a `DebugFile` gets: a value that the file owns.
///
/// Attach `@DebugReport` to the type; it writes the C callback.
///
/// The rules, and who keeps them:
/// - Several tasks read at once, and each may make `write` run more than once: text that does not fit is written anew, into
///   twice the memory. So it is only borrowed. (The types keep it.)
/// - The value ends when nobody reads any more. (`DebugFile` keeps it.)
public protocol DebugReport: ~Copyable, Sendable {
  /// Writes the text, of at most 4 MiB; what it throws is what the reader gets.
  ///
  /// Context: process context; may sleep.
  borrowing func write(to writer: inout TextWriter) throws(Errno)

  /// The C callback; written by `@DebugReport`.
  @unsafe static var debugCallback: DebugCallback<Self> { get }
}

/// The C callback of one type of report: `struct apus_debug_file`. It cannot be made without
/// `unsafe`, and another type's is of another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Report`.
@safe
public struct DebugCallback<Report: DebugReport & ~Copyable> {
  public typealias Function =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
    ) -> CInt

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// A file that can only be read, there as long as the value lives. Its text is made when it is read.
///
/// Its end waits for those that read at that moment; those that have it open read EIO from then on, and keep the module from
/// being unloaded until they close it. So it does not end under a lock that its report takes, nor in the report.
///
/// Invariant: `core` begins with the structure that the file's inode points to.
@safe
public struct DebugFile<Report: DebugReport & ~Copyable>: ~Copyable, @unchecked Sendable {
  // In memory of its own: the inode points to it.
  private let core: HeapBox<Core>

  @safe @usableFromInline struct Core: ~Copyable {
    // First, for the callback.
    let file: Cell<apus_debug_file>
    let report: Report
    let directory: DebugDirectory
  }

  /// Makes a file. The corresponding C function is `debugfs_create_file`.
  ///
  /// Throws: `exists` if there is one of that name; `outOfMemory`; the report's value has ended then.
  /// Context: may sleep.
  public init(_ name: Literal, in directory: borrowing DebugDirectory, _ report: consuming Report) throws(Errno) {
    let core = try HeapBox(
      Core(file: Cell(apus_debug_file()), report: report, directory: directory.share()), .kernel)
    // SAFETY: only null is looked for.
    if let parent = unsafe directory.dentry {
      // SAFETY: a literal ends with a NUL, and is copied; the memory stays until `deinit` has removed the file, and the
      // callback is the macro's.
      try Errno.check(
        unsafe apus_debug_create(name.cString, parent, core.value.file.address, Report.debugCallback.function))
    }
    // INVARIANT: created just now.
    self.core = core
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; null where the file could not be.
    unsafe apus_debug_remove(core.value.file.address.pointee.dentry)
    unsafe apus_unregistered()
  }

  /// The report, shared with those that read.
  public var report: Report {
    // SAFETY: the core is the box's, and stays as long as this value.
    @inline(__always) _read { yield unsafe core.address.pointee.report }
  }
}

/// The call that the macro's code makes. A driver does not use it.
public enum DebugAdapter<Report: DebugReport & ~Copyable> {
  /// Writes a file's text.
  ///
  /// Contract of debugfs and of `DebugFile`: `file` is the first field of a `DebugFile<Report>.Core`, which stays until this
  /// has returned; `buffer` has `size` bytes, 1 at least; `count` is a word.
  @inline(__always) @unsafe
  public static func write(
    _ file: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int,
    _ count: UnsafeMutablePointer<Int>?
  ) -> CInt {
    // SAFETY: the contract above; only null is looked for.
    guard let core = unsafe file?.assumingMemoryBound(to: DebugFile<Report>.Core.self), let buffer = unsafe buffer,
      let count = unsafe count
    else { return 0 }
    // SAFETY: the contract above; the report is only borrowed, as everywhere.
    return unsafe buffer.withMemoryRebound(to: UInt8.self, capacity: size) { bytes in
      var writer = unsafe TextWriter(bytes, capacity: size)
      let result = Errno.result { () throws(Errno) in try unsafe core.pointee.report.write(to: &writer) }
      unsafe count.pointee = writer.count
      return result < 0 ? result : writer.isCut ? 1 : 0
    }
  }
}

extension TextWriter {
  /// Appends a line with a name and a number: how counters read in debugfs.
  @_lifetime(self: copy self)
  public mutating func appendLine(_ name: Literal, _ number: some FixedWidthInteger) {
    append(name)
    append(" ")
    append(number)
    append("\n")
  }
}

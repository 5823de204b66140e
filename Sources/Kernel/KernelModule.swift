// SPDX-License-Identifier: GPL-2.0-only
// What a module is, and the adapter between it and the C glue (Sources/CKernel/module.c).
// C header: include/linux/module.h

internal import CKernel

/// A kernel module: made when it is loaded, ended when it is unloaded.
///
/// Attach `@KernelModule` to the type; it writes the entry and exit, the licence and other module
/// information, and the parameters. Whatever the value holds is released by its end, in the order of its declaration; if
/// `init` throws, what it had made by then is released, and the module is not loaded.
///
/// Context: `init`, `deinit`, commands and reports run in process context and may sleep, one at a time.
public protocol KernelModule: ~Copyable {
  init() throws(Errno)
}

/// The calls that the macro's code makes. A driver does not use them.
public enum ModuleAdapter {
  /// Whether it is this parameter that C means. (Not `case` or `==`, which an operator of the
  /// driver's could be.)
  @inline(__always)
  public static func isParameter(_ index: CUnsignedInt, _ number: CUnsignedInt) -> Bool { index == number }

  /// Makes the module. The glue calls this once, before anything else.
  @inline(__always)
  public static func start<Module: KernelModule & ~Copyable>(_ instance: inout Module?) -> CInt {
    Errno.result { () throws(Errno) in instance = try Module() }
  }

  /// Ends the module. The glue calls this once, last, when no command or report is running.
  @inline(__always)
  public static func stop<Module: KernelModule & ~Copyable>(_ instance: inout Module?) {
    instance = nil
  }

  /// Runs a command of the module's with the text that the user wrote. The glue holds the parameter lock.
  @inline(__always) @unsafe
  public static func command<Module: KernelModule & ~Copyable>(
    _ instance: inout Module?, _ text: UnsafePointer<CChar>?,
    _ body: (inout Module, borrowing CString) throws(Errno) -> Void
  ) -> CInt {
    // SAFETY: only null is looked for.
    guard let text = unsafe text else { return Errno.invalidArgument.kernelResult }
    guard var module = instance.take() else { return Errno.noSuchDevice.kernelResult }
    // SAFETY: C gives a NUL-terminated string that it keeps during this call.
    let string = unsafe CString(text)
    let result = Errno.result { () throws(Errno) in try body(&module, string) }
    instance = consume module
    return result
  }

  /// Runs a report of the module's into C's page. The glue holds the parameter lock.
  @inline(__always) @unsafe
  public static func report<Module: KernelModule & ~Copyable>(
    _ instance: borrowing Module?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ body: (borrowing Module, inout TextWriter) -> Void
  ) -> CInt {
    // SAFETY: only null is looked for; C gives a page for the text.
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: as above.
    return unsafe withPageWriter(buffer) { writer in
      switch instance {
      case .some(let module): body(module, &writer)
      case .none: break
      }
    }
  }
}

/// Runs `body` with a writer over the page that a `show` method is given, and gives the number of bytes written.
@unsafe
func withPageWriter(_ buffer: UnsafeMutablePointer<CChar>, _ body: (inout TextWriter) -> Void) -> CInt {
  // SAFETY: the caller's page is `pageSize` bytes.
  unsafe buffer.withMemoryRebound(to: UInt8.self, capacity: pageSize) { bytes in
    var writer = unsafe TextWriter(bytes, capacity: pageSize)
    body(&writer)
    return CInt(truncatingIfNeeded: writer.count)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A kernel module, and the adapter between it and the C glue (Sources/CKernel/module.c).
// C header: include/linux/module.h

internal import CKernel

/// A kernel module: a value that is created when it is loaded, and destroyed when it is unloaded.
///
/// Attach `@KernelModule` to the type. The macro generates the entry and exit functions, the
/// licence and other module information, and the parameters. The value's properties are destroyed
/// in the order of their declaration. If `init` throws, the properties that it had initialised are
/// destroyed, and the module is not loaded.
///
/// Context: `init`, `deinit`, commands and reports run in process context and may sleep, one at a
/// time.
public protocol KernelModule: ~Copyable {
  /// Creates the module's value when the module is loaded. `modprobe` fails with the error that it
  /// throws.
  init() throws(Errno)
}

/// Entry points for the code that the macro generates. Drivers do not call them.
public enum ModuleAdapter {
  /// Whether `index`, which C passes, is the number of a parameter.
  ///
  /// (The macro's code does not use `case` or `==`, because a driver could define such an operator
  /// itself.)
  @inline(__always)
  public static func isParameter(_ index: CUnsignedInt, _ number: CUnsignedInt) -> Bool {
    index == number
  }

  /// Creates the module's value. The glue calls this once, before anything else.
  @inline(__always)
  public static func start<Module: KernelModule & ~Copyable>(_ instance: inout Module?) -> CInt {
    Errno.result { () throws(Errno) in instance = try Module() }
  }

  /// Destroys the module's value.
  ///
  /// The glue calls this once, last, when no command or report is running.
  @inline(__always)
  public static func stop<Module: KernelModule & ~Copyable>(_ instance: inout Module?) {
    instance = nil
  }

  /// Runs a command of the module with the text that the user wrote.
  ///
  /// The glue holds the parameter lock.
  @inline(__always) @unsafe
  public static func command<Module: KernelModule & ~Copyable>(
    _ instance: inout Module?, _ text: UnsafePointer<CChar>?,
    _ body: (inout Module, borrowing CString) throws(Errno) -> Void
  ) -> CInt {
    // SAFETY: this only checks for null.
    guard let text = unsafe text else { return Errno.invalidArgument.kernelResult }
    guard var module = instance.take() else { return Errno.noSuchDevice.kernelResult }
    // SAFETY: C passes a NUL-terminated string that stays valid during this call.
    let string = unsafe CString(text)
    let result = Errno.result { () throws(Errno) in try body(&module, string) }
    instance = consume module
    return result
  }

  /// Runs a report of the module, which writes into C's page. The glue holds the parameter lock.
  @inline(__always) @unsafe
  public static func report<Module: KernelModule & ~Copyable>(
    _ instance: borrowing Module?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ body: (borrowing Module, inout TextWriter) -> Void
  ) -> CInt {
    // SAFETY: this only checks for null; C passes a page for the text.
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

/// Calls `body` with a writer over the page that C passes to a `show` method, and returns the
/// number of bytes written.
@unsafe
func withPageWriter(_ buffer: UnsafeMutablePointer<CChar>, _ body: (inout TextWriter) -> Void)
  -> CInt
{
  // SAFETY: the caller's page has `pageSize` bytes.
  unsafe buffer.withMemoryRebound(to: UInt8.self, capacity: pageSize) { bytes in
    var writer = unsafe TextWriter(bytes, capacity: pageSize)
    body(&writer)
    return CInt(truncatingIfNeeded: writer.count)
  }
}

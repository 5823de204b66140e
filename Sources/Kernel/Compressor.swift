// SPDX-License-Identifier: GPL-2.0-only
// Compression, by the kernel's own algorithms.
// C header: include/linux/crypto.h (struct crypto_comp)

internal import CKernel

/// A compression algorithm by its name ("lzo", "lz4", "zstd", "deflate"), with the memory it works in.
///
/// One call at a time works in that memory, so compressing is `mutating`: what several CPUs do at once takes several
/// compressors, or a lock.
///
/// The kernel has another interface, `crypto_acomp`, for hardware that does it asynchronously, on scatterlists. Every
/// algorithm of the kernels that Apus is tested with has this one, which needs no scatterlist of what lies in one piece.
/// Linux 6.15 took it away: there `init` throws `notSupported`.
///
/// Invariant: `raw` is a `struct crypto_comp` of this value's own.
@safe
public struct Compressor: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutableRawPointer

  /// The algorithm of a name. The corresponding C function is `crypto_alloc_comp`.
  ///
  /// Throws: `noSuchFileOrDirectory` if the kernel has none of that name; `outOfMemory`.
  /// Context: may sleep, and load a module.
  public init(named name: Literal) throws(Errno) {
    // SAFETY: a literal ends with a NUL.
    unsafe raw = try Compressor.create(name.cString)
  }

  /// The algorithm that a parameter names. The corresponding C function is `crypto_alloc_comp`.
  ///
  /// Throws: `noSuchFileOrDirectory` if the kernel has none of that name; `outOfMemory`.
  /// Context: may sleep, and load a module.
  public init(named name: ParameterString) throws(Errno) {
    var raw: UnsafeMutableRawPointer?
    // SAFETY: the text ends with a NUL, and is copied.
    try Errno.check(unsafe name.withCString { name in unsafe apus_compressor_create(name, &raw) })
    // SAFETY: only null is looked for.
    guard let raw = unsafe raw else { throw .outOfMemory }
    // INVARIANT: created just now.
    unsafe self.raw = raw
  }

  @unsafe
  private static func create(_ name: UnsafePointer<CChar>) throws(Errno) -> UnsafeMutableRawPointer {
    var raw: UnsafeMutableRawPointer?
    // SAFETY: the caller's name ends with a NUL.
    try Errno.check(unsafe apus_compressor_create(name, &raw))
    guard let raw = unsafe raw else { throw .outOfMemory }
    return unsafe raw
  }

  deinit {
    // SAFETY: the type's invariant.
    unsafe apus_compressor_free(raw)
  }

  /// How much room `compress` wants for so many bytes: what does not compress becomes a little longer. Nil beyond what can
  /// be counted. The corresponding C macro is `lzo1x_worst_compress`; but the largest of the algorithms' is more than it says:
  /// `lzo-rle` makes 9 bytes of 8 where four zeroes follow four other bytes, again and again.
  public static func room(forCompressing byteCount: Int) -> Int? {
    guard byteCount >= 0 else { return nil }
    let (sum, overflow) = byteCount.addingReportingOverflow(byteCount / 8 &+ 72)
    return overflow ? nil : sum
  }

  /// Compresses all of a span to `offset` of the destination, and says how many bytes it became.
  /// The corresponding C function is `crypto_comp_compress`.
  ///
  /// Throws: `invalidArgument` if there are no bytes, or there is not room for `room(forCompressing:)` behind the offset: some
  /// of the kernel's algorithms do not look where the room ends. What the algorithm says otherwise.
  /// Context: any but interrupt handlers.
  public mutating func compress(
    _ source: RawSpan, into destination: borrowing MutableBytes, at offset: Int = 0
  ) throws(Errno) -> Int {
    guard let wanted = Compressor.room(forCompressing: source.byteCount), offset >= 0,
      destination.byteCount &- offset >= wanted
    else { throw .invalidArgument }
    // SAFETY: the algorithms write no more than was asked for here.
    return try unsafe run(source, at: 0, length: source.byteCount, destination, at: offset) {
      unsafe apus_compress(raw, $0, $1, $2, $3)
    }
  }

  /// Decompresses `length` bytes at `sourceOffset` to `offset` of the destination, and says how many they became.
  /// The corresponding C function is `crypto_comp_decompress`.
  ///
  /// Throws: `invalidArgument` if there are no bytes, or not all within the source, or there is no room; and from most
  /// algorithms if the bytes are not what they compressed, or become more than there is room for. What was written to the
  /// room then is anything.
  /// Context: any but interrupt handlers.
  public mutating func decompress(
    _ source: RawSpan, at sourceOffset: Int, length: Int, into destination: borrowing MutableBytes, at offset: Int = 0
  ) throws(Errno) -> Int {
    // SAFETY: all of the kernel's algorithms look where the room ends when they decompress.
    try unsafe run(source, at: sourceOffset, length: length, destination, at: offset) {
      unsafe apus_decompress(raw, $0, $1, $2, $3)
    }
  }

  /// Runs `body` with both addresses and lengths, and gives how much of the room it used.
  @inline(__always) @unsafe
  private borrowing func run(
    _ source: RawSpan, at sourceOffset: Int, length: Int, _ destination: borrowing MutableBytes, at offset: Int,
    _ body: (UnsafeRawPointer, UInt32, UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>) -> CInt
  ) throws(Errno) -> Int {
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    guard length > 0, let sourceCount = UInt32(exactly: length), offset >= 0, offset < destination.byteCount else {
      throw .invalidArgument
    }
    let room = destination.byteCount &- offset
    var count = UInt32(clamping: room)
    var result: CInt = 0
    // SAFETY: the addresses stay within the closures, and both ranges are checked.
    try unsafe destination.withRange(at: offset, length: room) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        result = unsafe body(source + sourceOffset, sourceCount, destination, &count)
      }
    }
    try Errno.check(result)
    // An algorithm that claims more than there is has not written it.
    return min(Int(count), room)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// Compression with the kernel's algorithms.
// C header: include/linux/crypto.h (struct crypto_comp)

internal import CKernel

/// A compression algorithm, given by its name ("lzo", "lz4", "zstd", "deflate"), with its working
/// memory.
///
/// Only one call at a time may use the working memory, so `compress` is `mutating`. Compressing on
/// several CPUs concurrently takes several compressors, or a lock.
///
/// The kernel has a second interface, `crypto_acomp`, for hardware that compresses asynchronously.
/// It takes scatterlists. Every algorithm of the kernels that Apus is tested with also has the
/// interface used here, which takes contiguous memory. Linux 6.15 removed it: there `init` throws
/// `notSupported`.
///
/// Invariant: `raw` is a `struct crypto_comp` that this value owns.
@safe
public struct Compressor: ~Copyable, @unchecked Sendable {
  private let raw: UnsafeMutableRawPointer

  /// Allocates the algorithm with a name. The corresponding C function is `crypto_alloc_comp`.
  ///
  /// Throws: `noSuchFileOrDirectory` if the kernel has no algorithm of that name; `outOfMemory`.
  /// Context: may sleep, and may load a module.
  public init(named name: StaticCString) throws(Errno) {
    // SAFETY: a literal ends with a NUL.
    unsafe raw = try Compressor.create(name.cString)
  }

  /// Allocates the algorithm that a parameter names.
  /// The corresponding C function is `crypto_alloc_comp`.
  ///
  /// Throws: `noSuchFileOrDirectory` if the kernel has no algorithm of that name; `outOfMemory`.
  /// Context: may sleep, and may load a module.
  public init(named name: ParameterString) throws(Errno) {
    var raw: UnsafeMutableRawPointer?
    // SAFETY: the text ends with a NUL, and C copies it.
    try Errno.check(unsafe name.withCString { name in unsafe apus_compressor_create(name, &raw) })
    // SAFETY: this only checks for null.
    guard let raw = unsafe raw else { throw .outOfMemory }
    // INVARIANT: created above.
    unsafe self.raw = raw
  }

  @unsafe
  private static func create(_ name: UnsafePointer<CChar>) throws(Errno) -> UnsafeMutableRawPointer
  {
    var raw: UnsafeMutableRawPointer?
    // SAFETY: the caller's name ends with a NUL.
    try Errno.check(unsafe apus_compressor_create(name, &raw))
    guard let raw = unsafe raw else { throw .outOfMemory }
    return unsafe raw
  }

  deinit {
    // SAFETY: `init` created the `struct crypto_comp`, and only this call frees it.
    unsafe apus_compressor_free(raw)
  }

  /// The largest number of bytes that one call compresses or decompresses. The corresponding C
  /// constant is `LZ4_MAX_INPUT_SIZE`, the smallest limit of the kernel's algorithms.
  public static var maximumByteCount: Int { 0x7E00_0000 }

  /// The number of destination bytes that `compress` needs for an input of `byteCount` bytes.
  ///
  /// Input that does not compress becomes slightly longer. Returns nil if `byteCount` is negative
  /// or the sum overflows.
  ///
  /// The result is larger than that of the C macro `lzo1x_worst_compress`, which `lzo-rle` can
  /// exceed: it turns 8 bytes into 9 in input that alternates between four zeroes and four other
  /// bytes.
  public static func room(forCompressing byteCount: Int) -> Int? {
    guard byteCount >= 0 else { return nil }
    let (sum, overflow) = byteCount.addingReportingOverflow(byteCount / 8 &+ 72)
    return overflow ? nil : sum
  }

  /// Compresses all of a span to `offset` of the destination, and returns the compressed size in
  /// bytes.
  /// The corresponding C function is `crypto_comp_compress`.
  ///
  /// Throws: `invalidArgument` if the span is empty or longer than `maximumByteCount`, or if the
  /// destination has fewer than `room(forCompressing:)` bytes from the offset on: some of the
  /// kernel's algorithms do not check the size of the destination. Any other error of the
  /// algorithm.
  /// Context: any except interrupt context.
  public mutating func compress(
    _ source: RawSpan, into destination: borrowing MutableBytes, at offset: Int = 0
  ) throws(Errno) -> Int {
    guard let wanted = Compressor.room(forCompressing: source.byteCount), offset >= 0,
      destination.byteCount &- offset >= wanted
    else { throw .invalidArgument }
    // SAFETY: no algorithm writes more than the number of bytes that was checked above.
    return try unsafe run(source, at: 0, length: source.byteCount, destination, at: offset) {
      unsafe apus_compress(raw, $0, $1, $2, $3)
    }
  }

  /// Decompresses `length` bytes at `sourceOffset` to `offset` of the destination, and returns the
  /// decompressed size in bytes. The corresponding C function is `crypto_comp_decompress`.
  ///
  /// Throws: `invalidArgument` if there are no bytes or more than `maximumByteCount`, if the range
  /// is not within the source, or if the destination has no bytes from the offset on. Most
  /// algorithms also return it if the bytes are not their compressed format, or if the result does
  /// not fit the destination. The contents of the destination are undefined then.
  /// Context: any except interrupt context.
  public mutating func decompress(
    _ source: RawSpan, at sourceOffset: Int, length: Int, into destination: borrowing MutableBytes,
    at offset: Int = 0
  ) throws(Errno) -> Int {
    // SAFETY: all of the kernel's algorithms check the size of the destination when they
    // decompress.
    try unsafe run(source, at: sourceOffset, length: length, destination, at: offset) {
      unsafe apus_decompress(raw, $0, $1, $2, $3)
    }
  }

  /// Calls `body` with both addresses and lengths, and returns how much of the destination it used.
  @inline(__always) @unsafe
  private borrowing func run(
    _ source: RawSpan, at sourceOffset: Int, length: Int, _ destination: borrowing MutableBytes,
    at offset: Int,
    _ body: (UnsafeRawPointer, UInt32, UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>) ->
      CInt
  ) throws(Errno) -> Int {
    try checkRange(offset: sourceOffset, length: length, size: source.byteCount)
    // Some algorithms count bytes as `int` and do not check for a negative count: lz4hc would copy
    // memory that is not the source's.
    guard length > 0, length <= Compressor.maximumByteCount, offset >= 0,
      offset < destination.byteCount
    else {
      throw .invalidArgument
    }
    let sourceCount = UInt32(truncatingIfNeeded: length)
    let room = min(destination.byteCount &- offset, Int(CInt.max))
    var count = UInt32(truncatingIfNeeded: room)
    var result: CInt = 0
    // SAFETY: the addresses do not leave the closures, and both ranges are checked.
    try unsafe destination.withRange(at: offset, length: room) { destination in
      unsafe source.withUnsafeBytes { source in
        guard let source = source.baseAddress else { return }
        result = unsafe body(source + sourceOffset, sourceCount, destination, &count)
      }
    }
    try Errno.check(result)
    // The algorithm may report more bytes than the destination has, but has not written them.
    return min(Int(count), room)
  }
}

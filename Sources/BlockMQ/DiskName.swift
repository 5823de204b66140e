// SPDX-License-Identifier: GPL-2.0-only
// The name of a disk, as it appears in /dev and /sys/block.
// C header: include/linux/blkdev.h (DISK_NAME_LEN)

internal import CKernel
public import Kernel

/// A disk's name: a prefix and a number, 31 bytes at most.
public struct DiskName: Sendable {
  var text = InlineArray<32, CChar>(repeating: 0)

  /// Throws: `nameTooLong`.
  public init(_ prefix: Literal, _ index: Int) throws(Errno) {
    var isCut = false
    var span = text.mutableSpan
    // SAFETY: the writer gets the whole array and lasts as long as the closures.
    unsafe span.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let start = unsafe base.assumingMemoryBound(to: UInt8.self)
      var writer = unsafe TextWriter(start, capacity: 32)
      writer.append(prefix)
      writer.append(index)
      isCut = writer.isCut
    }
    if isCut { throw .nameTooLong }
  }

  /// A name that is there already.
  ///
  /// Throws: `invalidArgument` for an empty one.
  public init(_ name: ShortText<31>) throws(Errno) {
    guard name.count > 0 else { throw .invalidArgument }
    var index = 0
    while index < 31, let byte = name.byte(at: index) {
      text[index] = CChar(truncatingIfNeeded: byte)
      index &+= 1
    }
  }
}

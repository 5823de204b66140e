// SPDX-License-Identifier: GPL-2.0-only
// The name of a disk, as it appears in /dev and /sys/block.
// C header: include/linux/blkdev.h (DISK_NAME_LEN)

internal import CKernel
public import Kernel

/// A disk's name: a prefix and a number, or a text of somebody else's; 31 bytes at most.
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

  /// The name that a text gives, such as the name of a directory in configfs; one newline may end it.
  ///
  /// Throws: `nameTooLong`; `invalidArgument` for a text that cannot be a file's name in /dev: an empty one, `.` and `..`, and one
  /// with a slash, a space or a control character in it.
  public init(_ text: borrowing CString) throws(Errno) {
    let count = text.lineCount
    guard count < 32 else { throw .nameTooLong }
    guard count > 0, !text.isLine("."), !text.isLine("..") else { throw .invalidArgument }
    var index = 0
    while index < count, index < 32, let byte = text.byte(at: index) {
      guard byte > UInt8(ascii: " "), byte != UInt8(ascii: "/"), byte != 127 else { throw .invalidArgument }
      self.text[index] = CChar(bitPattern: byte)
      index &+= 1
    }
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

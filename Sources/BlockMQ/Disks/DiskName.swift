// SPDX-License-Identifier: GPL-2.0-only
// The name of a disk, as it appears in /dev and /sys/block.
// C header: include/linux/blkdev.h (DISK_NAME_LEN)

internal import CKernel
public import Kernel

/// The name of a disk, at most 31 bytes: a prefix and a number, or a text from elsewhere.
///
/// The name becomes a file name in /dev. So it is not empty, not `.` or `..`, and contains no
/// slash, space or control character.
public struct DiskName: Sendable {
  var text = InlineArray<32, CChar>(repeating: 0)

  /// Throws: `nameTooLong`; `invalidArgument` for a prefix with which no disk name can begin.
  public init(_ prefix: StaticCString, _ index: Int) throws(Errno) {
    var isCut = false
    var span = text.mutableSpan
    // SAFETY: the writer gets the whole array and does not outlive the closure.
    unsafe span.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let start = unsafe base.assumingMemoryBound(to: UInt8.self)
      var writer = unsafe TextWriter(start, capacity: 32)
      writer.append(prefix)
      writer.append(index)
      isCut = writer.isCut
    }
    if isCut { throw .nameTooLong }
    try check()
  }

  /// Makes a name from a text, such as the name of a configfs directory; the text may end with a
  /// newline.
  ///
  /// Throws: `nameTooLong`; `invalidArgument` for a text that cannot be the name of a disk.
  public init(_ text: borrowing CString) throws(Errno) {
    let count = text.lineCount
    guard count < 32 else { throw .nameTooLong }
    var index = 0
    while index < count, index < 32, let byte = text.byte(at: index) {
      self.text[index] = CChar(bitPattern: byte)
      index &+= 1
    }
    try check()
  }

  /// Makes a name from a short text.
  ///
  /// Throws: `invalidArgument` for a text that cannot be the name of a disk.
  public init(_ name: ShortText<31>) throws(Errno) {
    var index = 0
    while index < 31, let byte = name.byte(at: index) {
      text[index] = CChar(truncatingIfNeeded: byte)
      index &+= 1
    }
    try check()
  }

  /// The block layer does not check the name, and devtmpfs uses it as a path.
  private func check() throws(Errno) {
    var count = 0
    var dots = 0
    while count < 31 {
      let byte = UInt8(bitPattern: text[count])
      if byte == 0 { break }
      guard byte > UInt8(ascii: " "), byte != UInt8(ascii: "/"), byte != 127 else {
        throw .invalidArgument
      }
      if byte == UInt8(ascii: ".") { dots &+= 1 }
      count &+= 1
    }
    guard count > 0, dots < count || count > 2 else { throw .invalidArgument }
  }
}

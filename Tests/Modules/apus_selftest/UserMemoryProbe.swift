// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: copies from and to the memory of a process that writes a command.
// Tests/VM/kernel/user_memory.sh writes the commands.

import Kernel

/// The page that is the source or the destination of a copy, and the result of the last copy.
struct UserMemoryProbe: ~Copyable {
  private var page: Page
  private var result: CInt = 0

  /// The offset in the page where the copy begins. The bytes before it must stay unchanged, which
  /// the test checks too.
  private var offset: Int { 16 }

  init() throws(Errno) { page = try Page(.kernel) }

  /// Copies from the process into a page that is filled with 0xee.
  mutating func read(_ memory: UserMemory) throws(Errno) {
    let offset = offset
    try page.fill(with: 0xee)
    result = Errno.result { () throws(Errno) in
      try page.withMutableBytes { bytes throws(Errno) in
        try memory.read(at: 0, length: memory.byteCount, into: bytes, at: offset)
      }
    }
  }

  /// Copies from a page that is filled with 0x5a to the process.
  mutating func write(_ memory: UserMemory) throws(Errno) {
    let offset = offset
    try page.fill(with: 0x5a)
    result = Errno.result { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try memory.write(at: 0, length: memory.byteCount, from: bytes, at: offset)
      }
    }
  }

  /// Writes the result of the last copy, and the first and last byte of the page that is not
  /// filling.
  borrowing func report(_ writer: inout TextWriter) {
    var first = -1
    var last = -1
    page.withBytes { bytes in
      var index = 0
      while let byte = bytes.byte(at: index) {
        if byte != 0xee, byte != 0x5a {
          if first < 0 { first = index }
          last = index
        }
        index &+= 1
      }
    }
    writer.append("result=")
    writer.append(result)
    writer.append(" first=")
    writer.append(first)
    writer.append(" last=")
    writer.append(last)
    writer.append("\n")
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: copies from and to the memory of a process, on its command. Tests/VM/user_memory.sh gives them.

import Kernel

/// A page that copies go to and come from, and how the last copy ended.
struct UserMemoryProbe: ~Copyable {
  private var page: Page
  private var result: CInt = 0

  /// Where in the page the copies begin, so that what lies before can be checked too.
  private var offset: Int { 16 }

  init() throws(Errno) { page = try Page(.kernel) }

  /// Copies from the process into a page of 0xee.
  mutating func read(_ memory: UserMemory) throws(Errno) {
    let offset = offset
    try page.fill(with: 0xee)
    result = Errno.result { () throws(Errno) in
      try page.withMutableBytes { bytes throws(Errno) in
        try memory.read(at: 0, length: memory.byteCount, into: bytes, at: offset)
      }
    }
  }

  /// Copies a page of 0x5a to the process.
  mutating func write(_ memory: UserMemory) throws(Errno) {
    let offset = offset
    try page.fill(with: 0x5a)
    result = Errno.result { () throws(Errno) in
      try page.withBytes { bytes throws(Errno) in
        try memory.write(at: 0, length: memory.byteCount, from: bytes, at: offset)
      }
    }
  }

  /// Says how the last copy ended, and which bytes of the page are not the filling.
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

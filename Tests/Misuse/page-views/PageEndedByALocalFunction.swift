// SPDX-License-Identifier: GPL-2.0-only
// What a local function changes is not looked for when a closure calls it; but what it changes is in a box, which is an allocation.
// EXPECT: capturing generic non-copyable type with deinit in escaping closure not supported in embedded Swift
public import Kernel

public func first() throws(Errno) -> UInt8? {
  var page: Page? = try Page(.kernel)
  func drop() {
    page = nil // MISUSE
    // TWIN
  }
  let byte: UInt8?? = page?.withBytes { bytes in
    drop()
    return bytes.byte(at: 0)
  }
  page = nil
  return byte ?? nil
}

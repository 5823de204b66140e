// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: a closure is received by a function that has captured a variable
public import Kernel

protocol Ending {
  associatedtype End
  func end() -> End
}

// The associated type is inferred, so nothing names a function's type where `look` says its
// parameter.
struct Names: Ending {
  func end() -> () -> Void { {} } // MISUSE
  func end() -> Int { 0 } // TWIN
}

public func first() throws(Errno) {
  var page: Page? = try Page(.kernel)
  page = try Page(.kernel)
  func look(_ end: Names.End) {
    page?.withMutableBytes { bytes in
      _ = end
      do throws(Errno) { try bytes.store(UInt8(7), at: 0) } catch {}
    }
  }
  look(Names().end())
}

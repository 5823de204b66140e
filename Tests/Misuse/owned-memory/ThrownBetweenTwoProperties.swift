// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: conditional initialization or destruction of noncopyable types is not supported
public import Kernel

public struct Owner: ~Copyable {
  let memory: VirtualMemory
  let page: Page

  public init(_ count: Int) throws(Errno) {
    self.memory = try VirtualMemory(byteCount: 4096); if count > 3 { throw .ioError }; self.page = try Page(.kernel) // MISUSE
    let memory = try VirtualMemory(byteCount: 4096), page = try Page(.kernel); if count > 3 { throw .ioError }; self.memory = memory; self.page = page // TWIN
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The macros' own names, without the source gate, which refuses them: each line marked so is an
// error for the compiler, too.
import BlockMQ
import Kernel

@KernelModule(author: "a", description: "b", version: "c")
struct Module: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var depth: Int = 8

  init() throws(Errno) {
    Module.__parameter_depth = 100  // UNSAFE
    __apus_module_stop()  // UNSAFE
    _ = __apus_parameter_get(0, nil)  // UNSAFE
  }

  @Report("state", "The state")
  borrowing func report(_ writer: inout TextWriter) {
    _ = ModuleAdapter.start(&__apus_module)  // UNSAFE
  }
}

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    _ = Probe.__operations  // UNSAFE
    return request.refused()
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// apus_window: the module, which makes disks that are ranges of other block devices.

import BlockMQ
import Kernel

@KernelModule(
  author: "The Apus authors", description: "Ranges of block devices, in safe Swift",
  version: "0.1.0")
struct WindowModule: KernelModule, ~Copyable {
  let windows: ConfigfsSubsystem<Window>

  init() throws(Errno) {
    windows = try ConfigfsSubsystem("apus_window", root: WindowRoot())
  }
}

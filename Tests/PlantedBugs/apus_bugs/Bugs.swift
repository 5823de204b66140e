// SPDX-License-Identifier: GPL-2.0-only
// apus_bugs: plants one bug of a kind, to see the debug kernel report it. The only modules with
// bugs are in this folder.
//
// No driver can be wrong like this, which is why these sources, unlike drivers', may say `unsafe`
// and import CKernel (kbuild/Kbuild), and are built for kernels with KASAN only.
// Tests/VM/kernel/planted-bugs.sh loads the module once for each bug.

import Kernel

@KernelModule(
  author: "The Apus authors", description: "Plants bugs, to test what finds them", version: "0.1.0")
struct Bugs: KernelModule, ~Copyable {
  @Parameter("plant", "The bug to plant; the log has the names when this is none of them")
  static var plant: ParameterString = ParameterString()

  @Parameter(
    "address", "Where the process that loads the module has memory, for user-memory",
    in: 0...Int.max)
  static var address: Int = 0

  init() throws(Errno) {
    let plant = Bugs.plant
    if plant.equals("use-after-free") {
      try plantUseAfterFree()
    } else if plant.equals("page-use-after-free") {
      try plantPageUseAfterFree()
    } else if plant.equals("out-of-bounds") {
      try plantOutOfBounds()
    } else if plant.equals("copy-out-of-bounds") {
      try plantCopyOutOfBounds()
    } else if plant.equals("stack-out-of-bounds") {
      try plantStackOutOfBounds()
    } else if plant.equals("double-free") {
      try plantDoubleFree()
    } else if plant.equals("leak") {
      try plantLeak()
    } else if plant.equals("lock-inversion") {
      plantLockInversion()
    } else if plant.equals("mutex-inversion") {
      try plantMutexInversion()
    } else if plant.equals("flush-under-lock") {
      try plantFlushUnderLock()
    } else if plant.equals("task-lock-in-interrupt") {
      try plantTaskLockInInterrupt()
    } else if plant.equals("user-memory") {
      try plantUserMemory(at: UInt(bitPattern: Bugs.address))
    } else if plant.equals("sleep-in-atomic") {
      plantSleepInAtomic()
    } else if plant.equals("none") {
      log(.info, "nothing is planted")
    } else {
      log(
        .error,
        """
        plant is one of use-after-free, page-use-after-free, out-of-bounds, copy-out-of-bounds, stack-out-of-bounds, \
        double-free, leak, lock-inversion, mutex-inversion, flush-under-lock, task-lock-in-interrupt, \
        user-memory, sleep-in-atomic, none
        """)
      throw .invalidArgument
    }
  }
}

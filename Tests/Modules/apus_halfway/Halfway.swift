// SPDX-License-Identifier: GPL-2.0-only
// apus_halfway: a module whose init fails while programs use what it has registered so far: a disk,
// and a directory in configfs.

import BlockMQ
import Kernel

@KernelModule(
  author: "The Apus authors", description: "A start that fails halfway", version: "0.1.0")
struct HalfwayModule: KernelModule, ~Copyable {
  init() throws(Errno) {
    let told = try Shared(Told(), .kernel)
    let disk = try Disk(
      DiskName("apushalf", 0), capacity: Sector(2048), limits: DiskLimits(),
      tagSet: TagSet<HalfwayDisk>(hardwareQueues: 1, depth: 4), driver: HalfwayDisk())
    let items = try ConfigfsSubsystem<HalfwayItem>(
      "apus_halfway", root: HalfwayRoot(told: told.share()))
    told.value.isThere.wait()
    // The path usually names the module's own disk. The file is closed before the kernel frees the
    // module's memory.
    if let path = told.value.path.withLock({ path in copy path }) {
      _ = try BlockDevice(path: path, isExclusive: false)
    }
    _ = consume items
    _ = consume disk
    throw .noSuchDevice
  }
}

/// What a program has told the module's init.
struct Told: ~Copyable, Sendable {
  let isThere: Completion
  let path = SpinLockIRQ<ShortText<63>?>(nil)

  init() throws(Errno) { isThere = try Completion(.kernel) }
}

/// A disk whose reads and writes do nothing.
@BlockDriver
struct HalfwayDisk: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }
}

@ConfigfsItem
struct HalfwayRoot: ConfigfsItem, ~Copyable {
  let told: Shared<Told>
  let text = TextSetting<63>()

  @Store("device")
  func storeDevice(_ text: borrowing CString, _ change: borrowing ConfigfsChange) throws(Errno) {
    let path = try self.text.parse(text)
    told.value.path.withLock { place in place = path }
    told.value.isThere.complete()
  }
}

@ConfigfsItem
struct HalfwayItem: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing HalfwayRoot) throws(Errno) {}

  func willChange(_ attribute: StaticCString) throws(Errno) {}
}

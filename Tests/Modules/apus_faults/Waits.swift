// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: ends and calls that once waited for each other.

import BlockMQ
import Kernel
import Synchronization

// --- A full workqueue of the system's ---

/// Work items on the system's unbound queue, more than it runs, that wait until this value ends.
struct FullQueue: ~Copyable {
  let end: Completion
  let items: RigidArray<WorkItem<Waiter>>

  init() throws(Errno) {
    let end = try Completion(.kernel)
    var items = try RigidArray<WorkItem<Waiter>>(capacity: 600, .kernel)
    while items.count < items.capacity {
      let item = try WorkItem(Waiter(end: end.share()), on: .systemUnbound, .kernel)
      _ = item.queue()
      try items.append(item)
    }
    self.end = end
    self.items = items
  }

  func finish() { end.completeAll() }
}

@WorkHandler
struct Waiter: WorkHandler, ~Copyable {
  let end: Completion

  func run(_ work: borrowing WorkContext) { end.wait() }
}

// --- A tag set that ends in `queue`, while the queue is being quiesced ---

@BlockDriver
struct OtherDevice: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    request.start().end(.ok)
    return .accepted
  }
}

@BlockDriver
struct SlowDevice: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    guard request.operation == .write else {
      request.end(.ok)
      return .accepted
    }
    sleep(for: .seconds(2))
    do throws(Errno) {
      _ = try TagSet<OtherDevice>(hardwareQueues: 1, depth: 1)
    } catch {
      log(.error, "no other tag set: \(error.rawValue)")
    }
    request.end(.ok)
    return .accepted
  }

  static func disk() throws(Errno) -> Disk<SlowDevice> {
    try Disk(
      DiskName("apusslow", 0), capacity: Sector(2048), limits: DiskLimits(),
      flags: .withoutPartitions,
      tagSet: TagSet<SlowDevice>(hardwareQueues: 1, depth: 4, maySleep: true), driver: SlowDevice())
  }
}

// --- A subsystem of configfs in an item of another one ---

@ConfigfsItem
struct InnerRoot: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct InnerItem: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing InnerRoot) throws(Errno) {}
}

@ConfigfsItem
struct OuterRoot: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct OuterItem: CreatedConfigfsItem, ~Copyable {
  let inner: ConfigfsSubsystem<InnerItem>

  init(name: borrowing CString, in root: borrowing OuterRoot) throws(Errno) {
    inner = try ConfigfsSubsystem("apus_inner", root: InnerRoot())
  }

  // The item's directory is locked here, and `inner` has not ended.
  deinit { sleep(for: .seconds(2)) }
}

// --- A driver of bios that would wait for I/O within a submission ---

@BioDriver
struct WaitingBios: BioDriver, ~Copyable {
  let lower: Mutex<BlockDevice?>
  let path: ShortText<64>
  let endsDevice: Bool
  let counts: Shared<WaitCounts>

  func submit(_ bio: consuming SubmittedBio) {
    guard bio.operation == .write else {
      bio.end(.ok)
      return
    }
    if endsDevice {
      _ = lower.withLock { lower in lower.take() }
      bio.end(.ok)
      return
    }
    count(counts.value.flushes) { () throws(Errno) in
      try lower.withLock { lower throws(Errno) in
        switch lower {
        case .some(let device): try device.flush()
        case .none: break
        }
      }
    }
    count(counts.value.opens) { () throws(Errno) in
      _ = try BlockDevice(path: path, isExclusive: false)
    }
    count(counts.value.disks) { () throws(Errno) in
      _ = try BioDisk(
        DiskName("apuswithin", 0), capacity: Sector(2048), limits: DiskLimits(),
        driver: WaitingBios(path: path, counts.share()))
    }
    bio.end(.ok)
  }

  func count(_ refused: borrowing Atomic<Int>, _ body: () throws(Errno) -> Void) {
    do throws(Errno) { try body() } catch {
      if error == .tryAgain { refused.wrappingAdd(1, ordering: .relaxed) }
    }
  }

  /// A driver that has no device below.
  init(path: ShortText<64>, _ counts: consuming Shared<WaitCounts>) throws(Errno) {
    lower = try Mutex(Optional<BlockDevice>.none, .kernel)
    self.path = path
    endsDevice = false
    self.counts = counts
  }

  init(_ text: borrowing CString, endsDevice: Bool, _ counts: consuming Shared<WaitCounts>)
    throws(Errno)
  {
    let path = try ShortText<64>(text)
    var device: BlockDevice? = try BlockDevice(path: text, isExclusive: false)
    let lower = try Mutex(Optional<BlockDevice>.none, .kernel)
    lower.withLock { lower in lower = device.take() }
    self.lower = lower
    self.path = path
    self.endsDevice = endsDevice
    self.counts = counts
  }

  static func disk(
    on text: borrowing CString, endsDevice: Bool, _ counts: borrowing Shared<WaitCounts>
  ) throws(Errno) -> BioDisk<WaitingBios> {
    try BioDisk(
      DiskName("apuswaits", 0), capacity: Sector(2048), limits: DiskLimits(),
      driver: WaitingBios(text, endsDevice: endsDevice, counts.share()))
  }
}

/// How many calls were refused with `tryAgain`.
struct WaitCounts: ~Copyable, Sendable {
  let flushes = Atomic<Int>(0)
  let opens = Atomic<Int>(0)
  let disks = Atomic<Int>(0)
}

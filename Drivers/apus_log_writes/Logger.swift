// SPDX-License-Identifier: GPL-2.0-only
// apus_log_writes: the log, and the thread that writes it.
//
// Block 0 is a header. The entries follow it. Each entry is a block that describes the write,
// followed by the written data.

import DeviceMapper
import Kernel
import Synchronization

/// A write to be logged.
struct Entry: ~Copyable, Sendable {
  /// The flags of an entry in the log's format.
  static var isFlush: UInt64 { 1 }
  static var isForced: UInt64 { 2 }
  static var isDiscard: UInt64 { 4 }
  static var isMark: UInt64 { 8 }
  static var isMetadata: UInt64 { 16 }

  let flags: UInt64
  /// In blocks of the device.
  let place: UInt64
  let count: UInt64
  /// The written data, in pages that are all full except for the last one, and its length in bytes.
  var data = List<Page>()
  let byteCount: Int
  /// The text of a mark, and its length.
  var text: Page?
  let length: Int
}

/// The state that the target's calls and the thread share.
struct LogState: ~Copyable {
  /// The writes that have ended and that no flush has followed yet.
  var unflushed = List<Entry>()
  /// The entries to write to the log, in order.
  var pending = List<Entry>()
  /// The number of entries in the log, and the sector for the next one.
  var count: UInt64 = 0
  var next: UInt64
}

@ThreadHandler
struct Logger: ThreadHandler, ~Copyable {
  let device: UnderlyingDevice
  let blockSize: Int
  let bios: BioSet<Written>
  let isEnabled: Shared<Atomic<Bool>>
  let wake: WaitQueue
  let state: SpinLockIRQ<LogState>

  init(_ device: consuming UnderlyingDevice, blockSize: Int) throws(Errno) {
    let bios = try BioSet<Written>(reserve: 16)
    let isEnabled = try Shared(Atomic(true), .kernel)
    let wake = try WaitQueue(.kernel)
    self.device = device
    self.blockSize = blockSize
    self.bios = bios
    self.isEnabled = isEnabled
    self.wake = wake
    state = SpinLockIRQ(LogState(next: UInt64(truncatingIfNeeded: blockSize) >> Sector.shift))
  }

  /// Converts sectors to blocks of the device.
  func blocks(_ sectors: Sector) -> UInt64 {
    sectors.divided(by: UInt64(truncatingIfNeeded: blockSize) >> Sector.shift).quotient
  }

  /// Makes the entry of a bio, or returns nil if there is no memory for it. The entry has a copy of
  /// the written data, since the log is written later.
  func makeEntry(for bio: borrowing TargetBio<LogWrites>) -> List<Entry>.Node? {
    do throws(Errno) { return try entry(for: bio) } catch { return nil }
  }

  private func entry(for bio: borrowing TargetBio<LogWrites>) throws(Errno) -> List<Entry>.Node {
    let isDiscard = bio.operation == .discard
    var flags: UInt64 = isDiscard ? Entry.isDiscard : 0
    if bio.flags.contains(.preflush) { flags |= Entry.isFlush }
    if bio.flags.contains(.forcedUnitAccess) { flags |= Entry.isForced }
    if bio.flags.contains(.metadata) { flags |= Entry.isMetadata }
    var entry = Entry(
      flags: flags, place: blocks(bio.sector), count: blocks(bio.length),
      byteCount: bio.hasData ? bio.byteCount : 0, text: nil, length: 0)
    if bio.hasData { entry.data = try copy(of: bio) }
    return try List<Entry>.Node(entry, .noIO)
  }

  /// Copies the data to pages. A bio of the thread's set would hold the set's reserve until a
  /// flush.
  private func copy(of bio: borrowing TargetBio<LogWrites>) throws(Errno) -> List<Page> {
    var copy = List<Page>()
    var page: Page?
    var done = 0
    try bio.forEachSegment { segment throws(Errno) in
      var offset = 0
      while offset < segment.byteCount {
        let place = done % pageSize
        let length = min(segment.byteCount &- offset, pageSize &- place)
        var current = try begun(page.take())
        try current.withMutableBytes { bytes throws(Errno) in
          try segment.read(at: offset, length: length, into: bytes, at: place)
        }
        done &+= length
        offset &+= length
        if done % pageSize == 0 { try copy.append(current, .noIO) } else { page = consume current }
      }
    }
    if let last = page.take() { try copy.append(last, .noIO) }
    return copy
  }

  private func begun(_ page: consuming Page?) throws(Errno) -> Page {
    switch consume page {
    case .some(let page): return page
    case .none: return try Page(.noIO)
    }
  }

  /// Queues the entry of a write that has ended. A flush, or a write that is durable by itself, is
  /// logged immediately; any other write is logged after the next flush.
  func note(_ entry: consuming List<Entry>.Node, after before: inout List<Entry>) {
    let flags = entry.element.flags
    var entry: List<Entry>.Node? = consume entry
    let isDurable = flags & (Entry.isFlush | Entry.isForced) != 0
    state.withLock { state in
      guard let entry = entry.take() else { return }
      state.pending.append(contentsOf: &before)
      if isDurable { state.pending.append(entry) } else { state.unflushed.append(entry) }
    }
    if isDurable { wake.wakeOne() }
  }

  /// Puts a text into the log, truncated to one block. Returns the error, or nil.
  func mark(_ text: borrowing CString) -> Errno? {
    do throws(Errno) {
      try add(mark: text)
      return nil
    } catch {
      return error
    }
  }

  private func add(mark text: borrowing CString) throws(Errno) {
    let length = min(text.count, blockSize &- 33)
    var page = try Page(.kernel)
    try page.withMutableBytes { bytes throws(Errno) in
      var index = 0
      while index < length, let byte = text.byte(at: index) {
        try bytes.store(byte, at: index)
        index &+= 1
      }
    }
    try add(mark: page, length)
  }

  private func add(mark page: consuming Page, _ length: Int) throws(Errno) {
    var node: List<Entry>.Node? = try List<Entry>.Node(
      Entry(flags: Entry.isMark, place: 0, count: 0, byteCount: 0, text: page, length: length),
      .kernel)
    state.withLock { state in
      if let node = node.take() { state.pending.append(node) }
    }
    wake.wakeOne()
  }

  /// Queues all entries, and a mark, because the target ends.
  func finish() {
    state.withLock { state in state.pending.append(contentsOf: &state.unflushed) }
    let text: StaticCString = "dm-log-writes-end"
    do throws(Errno) {
      var page = try Page(.kernel)
      try page.withMutableBytes { bytes throws(Errno) in
        var index = 0
        while let byte = text.byte(at: index) {
          try bytes.store(byte, at: index)
          index &+= 1
        }
      }
      try add(mark: page, text.count)
    } catch {
      // The mark is only a convenience for the reader of the log.
      return
    }
  }

  func run(_ thread: borrowing ThreadContext) {
    repeat {
      while let entry = state.withLock({ state in state.pending.popFirst() }) {
        do throws(Errno) {
          if isEnabled.value.load(ordering: .relaxed) { try write(entry) }
        } catch {
          log(.error, "Error writing log block, error=\(error.kernelResult)")
          isEnabled.value.store(false, ordering: .relaxed)
        }
      }
    } while thread.wait(on: wake, until: { state.withLock { state in !state.pending.isEmpty } })
  }

  private func write(_ entry: consuming Entry) throws(Errno) {
    var entry = entry
    let block = UInt64(truncatingIfNeeded: blockSize) >> Sector.shift
    let flags = entry.flags
    let size = (flags & Entry.isDiscard == 0 ? entry.count &* block : 0) &+ block
    let end = device.capacity.count
    let place: UInt64 = state.withLock { state in
      let place = state.next
      state.next = place &+ size
      if state.next >= end { return 0 }
      state.count &+= 1
      return place
    }
    guard place > 0 else {
      log(.error, "Ran out of space on the logdev")
      isEnabled.value.store(false, ordering: .relaxed)
      return
    }
    var page = try Page(.noIO | .zeroed)
    let (sector, count, length) = (entry.place, entry.count, entry.length)
    var text = entry.text.take()
    try page.withMutableBytes { bytes throws(Errno) in
      try bytes.store(sector.littleEndian, at: 0)
      try bytes.store(count.littleEndian, at: 8)
      try bytes.store(flags.littleEndian, at: 16)
      try bytes.store(UInt64(truncatingIfNeeded: length).littleEndian, at: 24)
      if let text = text.take() {
        try text.withBytes { source throws(Errno) in
          try bytes.copy(from: source, at: 0, length: length, to: 32)
        }
      }
    }
    try submit(page, to: Sector(place), nil)
    try submit(&entry.data, entry.byteCount, to: place &+ block)
    if flags & (Entry.isForced | Entry.isMark) != 0 { try writeHeader() }
  }

  /// Writes the data of an entry, from a sector on, in as many bios as necessary.
  private func submit(
    _ pages: inout List<Page>, _ byteCount: Int, to sector: UInt64
  ) throws(Errno) {
    var done = 0
    while !pages.isEmpty {
      let capacity = min(pages.count, Bio<Written>.maximumPageCount)
      let place = sector &+ UInt64(truncatingIfNeeded: done) >> Sector.shift
      var bio = try Bio(from: bios, pageCapacity: capacity, .noIO)
      while bio.pageCount < capacity, let page = pages.popFirst() {
        let length = min(byteCount &- done, pageSize)
        try bio.append(page, byteCount: length)
        done &+= length
      }
      let handler = Written(isEnabled: isEnabled.share(), completion: nil)
      try bio.submit(to: device, at: Sector(place), .write, handler: handler)
    }
  }

  /// Writes a block.
  private func submit(
    _ page: consuming Page, to sector: Sector, _ completion: consuming Completion?
  ) throws(Errno) {
    var bio = try Bio(from: bios, pageCapacity: 1, .noIO)
    try bio.append(page, byteCount: blockSize)
    try bio.submit(
      to: device, at: sector, .write,
      handler: Written(isEnabled: isEnabled.share(), completion: completion))
  }

  /// Writes the header, and waits for it, so that an older header is never written after a newer
  /// one.
  private func writeHeader() throws(Errno) {
    let count = state.withLock { state in state.count }
    var page = try Page(.noIO | .zeroed)
    try page.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt64(0x6a_7366_7773_6872).littleEndian, at: 0)
      try bytes.store(UInt64(1).littleEndian, at: 8)
      try bytes.store(count.littleEndian, at: 16)
      try bytes.store(UInt32(truncatingIfNeeded: blockSize).littleEndian, at: 24)
    }
    let completion = try Completion(.noIO)
    try submit(page, to: Sector(0), completion.share())
    completion.wait()
  }
}

/// A part of the log that has been written.
@BioHandler
struct Written: BioHandler, ~Copyable {
  let isEnabled: Shared<Atomic<Bool>>
  let completion: Completion?

  consuming func ended(_ bio: consuming Bio<Written>, _ status: BlockStatus) {
    if status != .ok {
      log(.error, "Error writing log block")
      isEnabled.value.store(false, ordering: .relaxed)
    }
    switch completion {
    case .some(let completion): completion.complete()
    case .none: break
    }
  }
}

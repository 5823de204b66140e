// SPDX-License-Identifier: GPL-2.0-only
// apus_log_writes: a target that logs all writes to another device, in the order in which they
// become durable. The format of the log is that of the kernel's log-writes, so the same tools
// replay it.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "A target that logs writes, in safe Swift",
  version: "0.1.0",
  alias: "dm-apus-log-writes")
struct LogWritesModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<LogWrites>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-log-writes DEVICE LOGDEVICE`
@DeviceMapperTarget("apus-log-writes", version: (1, 1, 0))
struct LogWrites: Target, ~Copyable {
  /// The entries to log when the bio has ended: its own entry, and the entries that a flush makes
  /// durable.
  struct BioData: TargetBioData, ~Copyable {
    var entry: List<Entry>.Node?
    var before = List<Entry>()

    init() { entry = nil }
  }

  let device: UnderlyingDevice
  let thread: KernelThread<Logger>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count >= 2 else { throw .invalid("Invalid argument count") }
    let device = try target.open(arguments, at: 0, "Device lookup failed")
    let log = try target.open(arguments, at: 1, "Log device lookup failed")
    thread = try LogWrites.start(log, blockSize: device.logicalBlockSize)
    self.device = device
    target.setFlushBios(1)
    target.setFlushSupported()
    target.setDiscardBios(1)
    target.setDiscardsSupported()
  }

  /// Starts the thread that writes the log.
  static func start(
    _ log: consuming UnderlyingDevice, blockSize: Int
  ) throws(TargetError) -> KernelThread<Logger> {
    do throws(Errno) {
      return try KernelThread("log-write", Logger(log, blockSize: blockSize))
    } catch {
      throw TargetError(error, "Couldn't alloc kthread")
    }
  }

  deinit {
    // Logs the unflushed writes as well. The end of the thread waits until they are written.
    thread.handler.finish()
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = bio.sector
    let isNoted = bio.isWrite && (bio.length.count > 0 || bio.flags.contains(.preflush))
    if isNoted && thread.handler.isEnabled.value.load(ordering: .relaxed) {
      bio.data.entry = thread.handler.makeEntry(for: bio)
      if bio.data.entry == nil {
        log(.error, "Error allocating pending block")
        thread.handler.isEnabled.value.store(false, ordering: .relaxed)
        return .kill(bio)
      }
      if bio.flags.contains(.preflush) {
        var before = List<Entry>()
        thread.handler.state.withLock { state in before.append(contentsOf: &state.unflushed) }
        bio.data.before.append(contentsOf: &before)
      }
      if bio.operation == .discard, !device.canDiscard {
        bio.end(.ok)
        return .taken
      }
    }
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    var entry: List<Entry>.Node?
    var before = List<Entry>()
    bio.withData { data in
      entry = data.entry.take()
      before.append(contentsOf: &data.before)
    }
    if let entry = entry.take() { thread.handler.note(entry, after: &before) }
    return .done(status)
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    guard arguments.count == 2 else {
      log(
        .warning, "Invalid log-writes message arguments, expect 2 arguments, got \(arguments.count)"
      )
      throw .invalidArgument
    }
    guard arguments.isWord("mark", at: 0) else {
      _ = arguments.withWord(at: 0) { word in
        log(.warning, "Unrecognised log writes target message received: \(word)")
      }
      throw .invalidArgument
    }
    let failure: Errno?? = arguments.withWord(at: 1) { word in thread.handler.mark(word) }
    if let failure = failure ?? nil { throw failure }
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      let (count, next) = thread.handler.state.withLock { state in (state.count, state.next) }
      writer.append(count)
      writer.append(" ")
      writer.append(next &- 1)
      if !thread.handler.isEnabled.value.load(ordering: .relaxed) {
        writer.append(" logging_disabled")
      }
    case .table:
      writer.append(device)
      writer.append(" ")
      writer.append(thread.handler.device)
    default: break
    }
  }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
  {
    route.pass(to: device, isWhole: target.length == device.capacity)
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: Sector(0), length: target.length)
  }

  /// Direct writes are not in the log, as with the kernel's own target.
  func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext) {
    access.pass(to: device, at: Sector(target.begin.count &+ access.targetSector.count))
  }

  func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext) {
    let size = device.logicalBlockSize
    limits.setSmallestTransfer(limits.physicalBlockSize)
    if !device.canDiscard {
      limits.setDiscard(largest: Sector(UInt64(UInt32.max >> 9)), granularity: size)
    }
    do throws(Errno) {
      try limits.setMemoryAlignment(size)
    } catch {
      // This does not happen: a block size is a power of two.
      return
    }
  }
}

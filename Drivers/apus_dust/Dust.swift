// SPDX-License-Identifier: GPL-2.0-only
// apus_dust: a target with bad blocks, which messages add and remove. A bad block cannot be read
// until it has been written.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "A target with bad blocks, in safe Swift",
  version: "0.1.0",
  alias: "dm-apus-dust")
struct DustModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Dust>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// `apus-dust DEVICE START BLOCKSIZE`
@DeviceMapperTarget("apus-dust", version: (1, 0, 0))
struct Dust: Target, ~Copyable {
  let device: UnderlyingDevice
  let start: Sector
  let blockSize: UInt64
  /// The bad blocks, with the number of writes to each that will still fail.
  let blocks: SpinLockIRQ<RedBlackTree<UInt64, UInt8>>
  let isEnabled: Atomic<Bool>
  let isQuiet: Atomic<Bool>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 3 else { throw .invalid("Invalid argument count") }
    let size = try arguments.number(
      at: 2, from: 1, through: UInt64(UInt32.max), mayHaveSign: true, "Invalid block size parameter"
    )
    guard size >= 512 else { throw .invalid("Block size must be at least 512") }
    guard size & (size &- 1) == 0 else { throw .invalid("Block size must be a power of 2") }
    let sectors = Sector(size >> Sector.shift)
    guard sectors <= target.length, sectors.count <= 2_097_152 else {
      throw .invalid("Block size is too large")
    }
    let start = try arguments.sector(at: 1, "Invalid device offset sector")
    try target.setMaximumIOLength(sectors)
    target.setDiscardBios(1)
    target.setFlushBios(1)
    device = try Dust.open(target, arguments)
    self.start = start
    blockSize = size
    blocks = SpinLockIRQ(RedBlackTree())
    isEnabled = Atomic(false)
    isQuiet = Atomic(false)
  }

  /// Opens the device. Any error becomes EINVAL, as in the kernel's target.
  static func open(
    _ target: borrowing NewTarget, _ arguments: borrowing Arguments
  ) throws(TargetError) -> UnderlyingDevice {
    do throws(TargetError) {
      return try target.open(arguments, at: 0, "Device lookup failed")
    } catch {
      throw .invalid(error.message)
    }
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    let sector = Sector(start.count &+ bio.targetSector.count)
    if isEnabled.load(ordering: .relaxed) {
      let block = Sector(sector.count << Sector.shift).divided(by: blockSize).quotient
      if bio.isWrite ? failsWriting(block) : isBad(block) { return .kill(bio) }
    }
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func isBad(_ block: UInt64) -> Bool {
    blocks.withLock { blocks in blocks.withValue(at: block) { _ in true } ?? false }
  }

  /// Whether a write fails. A write that succeeds makes the block good.
  func failsWriting(_ block: UInt64) -> Bool {
    let failures: UInt8? = blocks.withLock { blocks in
      let left: UInt8? = blocks.withMutableValue(at: block) { left in
        let before = left
        if before > 0 { left = before &- 1 }
        return before
      }
      if left == 0 { _ = blocks.remove(block) }
      return left
    }
    guard let failures else { return false }
    if failures == 0, !isQuiet.load(ordering: .relaxed) {
      log(.info, "block \(block) removed from badblocklist by write")
    }
    return failures > 0
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    switch arguments.count {
    case 1: try command(arguments, &reply)
    case 2, 3: try command(arguments, &reply, block: number(at: 1, of: arguments))
    default:
      log(.error, "invalid number of arguments '\(arguments.count)'")
      throw .invalidArgument
    }
  }

  /// Parses a word of a message that must be a number.
  func number(at place: Int, of arguments: borrowing Arguments) throws(Errno) -> UInt64 {
    let number: UInt64?? = arguments.withWord(at: place) { word in word.decimal() }
    guard let number = number ?? nil else { throw .invalidArgument }
    return number
  }

  func command(_ arguments: borrowing Arguments, _ reply: inout TextWriter) throws(Errno) {
    if arguments.isWord("disable", at: 0) {
      log(.info, "disabling read failures on bad sectors")
      isEnabled.store(false, ordering: .relaxed)
    } else if arguments.isWord("enable", at: 0) {
      log(.info, "enabling read failures on bad sectors")
      isEnabled.store(true, ordering: .relaxed)
    } else if arguments.isWord("countbadblocks", at: 0) {
      let count = blocks.withLock { blocks in blocks.count }
      reply.append("countbadblocks: ")
      reply.append(count)
      reply.append(" badblock(s) found")
    } else if arguments.isWord("clearbadblocks", at: 0) {
      var cleared: RedBlackTree<UInt64, UInt8>? = RedBlackTree()
      let count = blocks.withLock { blocks in
        guard var other = cleared.take() else { return 0 }
        let count = blocks.count
        swap(&blocks, &other)
        cleared = consume other
        return count
      }
      reply.append(
        count == 0
          ? "dust_clear_badblocks: no badblocks found" : "dust_clear_badblocks: badblocks cleared")
    } else if arguments.isWord("quiet", at: 0) {
      // An atomic toggle: each of two concurrent messages takes effect.
      isQuiet.logicalXor(true, ordering: .relaxed)
    } else if arguments.isWord("listbadblocks", at: 0) {
      var next: UInt64? = blocks.withLock { blocks in blocks.firstKey }
      if next == nil { reply.append("No blocks in badblocklist") }
      while let block = next {
        reply.append(block)
        reply.append("\n")
        next = blocks.withLock { blocks in blocks.firstKey(after: block) }
      }
    } else if isAboutABlock(arguments) {
      _ = arguments.withWord(at: 0) { word in log(.error, "\(word) requires an additional argument")
      }
      throw .invalidArgument
    } else {
      throw unrecognized(arguments)
    }
  }

  func command(_ arguments: borrowing Arguments, _ reply: inout TextWriter, block: UInt64)
    throws(Errno)
  {
    let failures = arguments.count == 3 ? try number(at: 2, of: arguments) : 0
    guard failures <= 255 else {
      log(.error, "selected write fail count out of range")
      throw .invalidArgument
    }
    guard block <= device.capacity.divided(by: blockSize >> Sector.shift).quotient else {
      log(.error, "selected block value out of range")
      throw .invalidArgument
    }
    if arguments.isWord("addbadblock", at: 0) {
      try add(block, UInt8(truncatingIfNeeded: failures))
    } else if arguments.count == 3 {
      throw unrecognized(arguments)
    } else if arguments.isWord("removebadblock", at: 0) {
      try remove(block)
    } else if arguments.isWord("queryblock", at: 0) {
      reply.append("dust_query_block: block ")
      reply.append(block)
      reply.append(isBad(block) ? " found in badblocklist" : " not found in badblocklist")
    } else {
      throw unrecognized(arguments)
    }
  }

  func isAboutABlock(_ arguments: borrowing Arguments) -> Bool {
    arguments.isWord("addbadblock", at: 0) || arguments.isWord("removebadblock", at: 0)
      || arguments.isWord("queryblock", at: 0)
  }

  func unrecognized(_ arguments: borrowing Arguments) -> Errno {
    _ = arguments.withWord(at: 0) { word in
      log(.error, "unrecognized message \(quoting: word) received")
    }
    return .invalidArgument
  }

  func add(_ block: UInt64, _ failures: UInt8) throws(Errno) {
    var made: RedBlackTree<UInt64, UInt8>.Node? = try RedBlackTree.Node(block, failures, .kernel)
    let isNew = blocks.withLock { blocks in
      guard let node = made.take() else { return false }
      made = blocks.insert(node)
      return made == nil
    }
    guard isNew else {
      if !isQuiet.load(ordering: .relaxed) {
        log(.error, "dust_add_block: block \(block) already in badblocklist")
      }
      throw .invalidArgument
    }
    if !isQuiet.load(ordering: .relaxed) {
      log(
        .info, "dust_add_block: badblock added at block \(block) with write fail count \(failures)")
    }
  }

  func remove(_ block: UInt64) throws(Errno) {
    let isGone = blocks.withLock { blocks in blocks.remove(block) != nil }
    guard isGone else {
      if !isQuiet.load(ordering: .relaxed) {
        log(.error, "dust_remove_block: block \(block) not found in badblocklist")
      }
      throw .invalidArgument
    }
    if !isQuiet.load(ordering: .relaxed) {
      log(.info, "dust_remove_block: badblock removed at block \(block)")
    }
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      writer.append(device)
      writer.append(isEnabled.load(ordering: .relaxed) ? " fail_read_on_bad_block" : " bypass")
      writer.append(isQuiet.load(ordering: .relaxed) ? " quiet" : " verbose")
    case .table:
      writer.append(device)
      writer.append(" ")
      writer.append(start)
      writer.append(" ")
      writer.append(blockSize)
    default: break
    }
  }

  func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext) throws(Errno)
  {
    route.pass(to: device, isWhole: start.count == 0 && target.length == device.capacity)
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    visitor.visit(device, from: start, length: target.length)
  }
}

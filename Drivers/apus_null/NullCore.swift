// SPDX-License-Identifier: GPL-2.0-only
// apus_null: what a device does with what it is asked for, however it was asked.

import BlockMQ
import Kernel

/// What outlives a device's power: it is there again when the device is switched on the next time.
struct Contents: ~Copyable, Sendable {
  let pages: Shared<PageStore>

  init() throws(Errno) { pages = try Shared(PageStore(), .kernel) }

  private init(pages: consuming Shared<PageStore>) { self.pages = pages }

  borrowing func share() -> Contents { Contents(pages: pages.share()) }
}

/// A device that is on.
struct NullCore: ~Copyable, Sendable {
  let configuration: NullConfiguration
  let contents: Contents
  let cache: WriteCache?

  init(_ configuration: NullConfiguration, _ contents: consuming Contents) throws(Errno) {
    let cache = configuration.cacheSize > 0 ? try WriteCache(mebibytes: configuration.cacheSize) : nil
    self.configuration = configuration
    self.contents = contents
    self.cache = cache
  }

  /// Does what is asked for, and gives the status that it ends with.
  borrowing func carryOut(_ io: borrowing some DeviceIO & ~Copyable) -> BlockStatus {
    do throws(BlockStatus) {
      if io.operation == .flush { try flush() } else { try transfer(io) }
      return .ok
    } catch {
      return error
    }
  }

  /// Empties the cache, if there is one.
  private borrowing func flush() throws(BlockStatus) {
    do throws(Errno) { try cache?.flush(to: contents.pages.value) } catch { throw BlockStatus(error) }
  }

  /// Reads, writes or discards; nothing, in a device without memory: what a read finds is what was in the buffer before.
  private borrowing func transfer(_ io: borrowing some DeviceIO & ~Copyable) throws(BlockStatus) {
    guard configuration.isMemoryBacked else { return }
    do throws(Errno) {
      let operation = io.operation
      if operation == .read {
        try read(io)
      } else if operation == .write {
        try write(io)
      } else if operation == .discard || operation == .writeZeroes {
        try discard(from: io.sector, byteCount: UInt64(io.byteCount))
      } else {
        throw Errno.notSupported
      }
    } catch {
      // Memory that ran out is space that ran out, as in a thin device: that is what file systems know how to handle.
      throw error == .outOfMemory ? .noSpace : BlockStatus(error)
    }
  }

  private borrowing func read(_ io: borrowing some DeviceIO & ~Copyable) throws(Errno) {
    switch cache {
    case .some(let cache): try cache.read(io, from: contents.pages.value)
    case .none: try io.forEachPiece { segment, piece throws(Errno) in try contents.pages.value.read(segment, piece) }
    }
  }

  private borrowing func write(_ io: borrowing some DeviceIO & ~Copyable) throws(Errno) {
    switch cache {
    case .some(let cache):
      if io.isForcedUnitAccess {
        try cache.writeThrough(io, to: contents.pages.value)
      } else {
        try cache.write(io, to: contents.pages.value)
      }
    case .none: try io.forEachPiece { segment, piece throws(Errno) in try contents.pages.value.write(segment, piece) }
    }
  }

  private borrowing func discard(from sector: Sector, byteCount: UInt64) throws(Errno) {
    guard let start = sector.bytes else { throw .invalidArgument }
    switch cache {
    case .some(let cache): try cache.discard(from: start, byteCount: byteCount, in: contents.pages.value)
    case .none: try contents.pages.value.discard(from: start, byteCount: byteCount)
    }
  }
}

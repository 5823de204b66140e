// SPDX-License-Identifier: GPL-2.0-only
// What a block driver is.
// C header: include/linux/blk-mq.h

import Block

/// A driver of a blk-mq block device: one value a disk, made by the driver, owned by its `Disk`.
///
/// Attach `@BlockDriver` to the type; it writes the C table of operations.
///
/// The rules of the subsystem, and who keeps them:
/// - `queue` runs on many CPUs at once, so the driver is only borrowed: what it changes lies behind a lock or an
///   atomic. (The types keep it.)
/// - `queue` must not sleep, unless the tag set was made with `maySleep`. (The debug kernel reports it.)
/// - A request belongs to whoever holds the value. It completes exactly once: by being ended, or, with an I/O
///   error, where the value ends otherwise. (The types keep it.)
/// - A disk's removal waits for the requests in flight, and the driver's value ends after that. (`Disk` keeps it.)
public protocol BlockDriver: ~Copyable, Sendable {
  /// Takes a request to carry out.
  ///
  /// Owns the request from here on: end it now or later, or give it back with `request.refused()`.
  ///
  /// The corresponding C callback is `queue_rq`.
  ///
  /// Context: process context; atomic unless the tag set says `maySleep`. On many CPUs at once.
  borrowing func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<
    Self
  >

  /// The C table; written by `@BlockDriver`.
  @unsafe static var operationsTable: UnsafePointer<OperationsTable> { get }
}

/// What came with a request besides the request. It exists only within the callback.
public struct QueueContext: ~Copyable, ~Escapable {
  /// Whether no further request follows at once, so that a driver that batches should start the device now.
  public let isLast: Bool

  @_lifetime(immortal)
  init(isLast: Bool) { self.isLast = isLast }
}

/// What became of a request that was given to `queue`.
public enum QueueResult<Driver: BlockDriver & ~Copyable>: ~Copyable {
  /// The driver took it: it has been ended, or will be.
  case accepted

  /// The driver cannot take it now: the block layer keeps it and offers it again after a short while.
  /// The corresponding C constant is `BLK_STS_RESOURCE`.
  case refused(QueuedRequest<Driver>)
}

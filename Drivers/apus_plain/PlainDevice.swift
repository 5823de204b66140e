// SPDX-License-Identifier: GPL-2.0-only
// apus_plain: a minimal RAM disk. Copy this folder to begin a driver of your own.

import BlockMQ
import Kernel

/// The module: `modprobe apus_plain size=64` creates the disk, and `rmmod` removes it.
@KernelModule(
  author: "The Apus authors", description: "A disk in memory, in safe Swift", version: "0.1.0")
struct PlainModule: KernelModule, ~Copyable {
  @Parameter("size", "Size of the disk in MiB", in: 1...1_048_576)
  static var mebibytes: Int = 64

  let disk: Disk<PlainDevice>

  /// Each call that can fail throws an errno, which modprobe shows. Values that were made before
  /// the error have then ended.
  init() throws(Errno) {
    guard let capacity = Sector(mebibytes: PlainModule.mebibytes) else { throw .invalidArgument }
    // `queue` may sleep, because it allocates memory.
    let tagSet = try TagSet<PlainDevice>(hardwareQueues: 1, depth: 64, maySleep: true)
    disk = try Disk(
      DiskName("apusplain", 0), capacity: capacity, limits: DiskLimits(logicalBlockSize: pageSize),
      tagSet: tagSet,
      driver: PlainDevice(pages: XArray(.kernel)))
  }
}

/// The device: one page of memory for each block that was ever written.
@BlockDriver
struct PlainDevice: BlockDriver, ~Copyable {
  /// Several CPUs use the array concurrently. An `XArray` supports this.
  let pages: XArray<Page>

  /// The block layer calls this for each request, on several CPUs concurrently. The driver owns the
  /// request from here on, and the request completes exactly once.
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    let request = request.start()
    do throws(Errno) {
      switch request.operation {
      case .read: try read(request)
      case .write: try write(request)
      default: throw .notSupported
      }
      request.end(.ok)
    } catch {
      request.end(BlockStatus(error))
    }
    return .accepted
  }

  /// Copies pages into the request's memory. A block that was never written reads as zeroes.
  func read(_ request: borrowing Request<Self>) throws(Errno) {
    try request.forEachPiece { segment, piece throws(Errno) in
      let found: Void? = try pages.withElement(at: piece.page) { page throws(Errno) in
        try page.withBytes { bytes throws(Errno) in
          try segment.write(
            at: piece.segmentOffset, length: piece.length, from: bytes, at: piece.pageOffset)
        }
      }
      if found == nil { try segment.zero(at: piece.segmentOffset, length: piece.length) }
    }
  }

  /// Copies the request's memory into pages. Adds a page where there is none.
  func write(_ request: borrowing Request<Self>) throws(Errno) {
    try request.forEachPiece { segment, piece throws(Errno) in
      // If another CPU has added the page meanwhile, `insert` changes nothing.
      if pages.withElement(at: piece.page, { _ in }) == nil {
        let flags: AllocationFlags = .noIO | .retryMayFail | .noWarning
        try pages.insert(Page(flags | .zeroed), at: piece.page, flags)
      }
      try pages.withElement(at: piece.page) { page throws(Errno) in
        try page.withMutableBytes { bytes throws(Errno) in
          try segment.read(
            at: piece.segmentOffset, length: piece.length, into: bytes, at: piece.pageOffset)
        }
      }
    }
  }
}

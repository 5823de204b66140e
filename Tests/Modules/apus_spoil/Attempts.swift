// SPDX-License-Identifier: GPL-2.0-only
// apus_spoil: tries every way to change borrowed memory, and counts the results.

import Block
import Kernel
import Synchronization

/// The results of the attempts to change the memory of reads and of writes.
struct Attempts: ~Copyable, Sendable {
  /// The source of the copies: bytes of 0x5a.
  let source: Page
  let changedReads = Atomic<Int>(0)
  let changedWrites = Atomic<Int>(0)
  let refusedReads = Atomic<Int>(0)
  let refusedWrites = Atomic<Int>(0)
  let otherErrors = Atomic<Int>(0)

  init() throws(Errno) {
    var page = try Page(.kernel)
    try page.withMutableBytes { bytes throws(Errno) in
      try bytes.fill(with: 0x5a, at: 0, length: bytes.byteCount)
    }
    source = page
  }

  /// Tries each way to change a part of a segment. If the last attempts succeed, they leave bytes
  /// of 0x5a.
  borrowing func spoil(_ segment: borrowing Segment, at offset: Int, length: Int, isWrite: Bool) {
    attempt(isWrite) { () throws(Errno) in try segment.zero(at: offset, length: length) }
    attempt(isWrite) { () throws(Errno) in try segment.fill(at: offset, length: length, with: 0x5a)
    }
    attempt(isWrite) { () throws(Errno) in
      try source.withBytes { bytes throws(Errno) in
        try segment.write(at: offset, length: length, from: bytes, at: 0)
      }
    }
  }

  private borrowing func attempt(_ isWrite: Bool, _ body: () throws(Errno) -> Void) {
    do throws(Errno) {
      try body()
      if isWrite {
        changedWrites.wrappingAdd(1, ordering: .relaxed)
      } else {
        changedReads.wrappingAdd(1, ordering: .relaxed)
      }
    } catch {
      if error == .readOnly {
        if isWrite {
          refusedWrites.wrappingAdd(1, ordering: .relaxed)
        } else {
          refusedReads.wrappingAdd(1, ordering: .relaxed)
        }
      } else {
        otherErrors.wrappingAdd(1, ordering: .relaxed)
      }
    }
  }

  borrowing func report(_ writer: inout TextWriter) {
    writer.append("reads ")
    writer.append(changedReads.load(ordering: .relaxed))
    writer.append(" changed ")
    writer.append(refusedReads.load(ordering: .relaxed))
    writer.append(" refused, writes ")
    writer.append(changedWrites.load(ordering: .relaxed))
    writer.append(" changed ")
    writer.append(refusedWrites.load(ordering: .relaxed))
    writer.append(" refused, others ")
    writer.append(otherErrors.load(ordering: .relaxed))
  }
}

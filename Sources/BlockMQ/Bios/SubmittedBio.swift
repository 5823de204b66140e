// SPDX-License-Identifier: GPL-2.0-only
// A bio that was submitted to a disk of the driver.
// C header: include/linux/blk_types.h (struct bio)

internal import CKernel
public import Block
public import Kernel

/// A bio that was submitted to a bio-based disk.
///
/// The owner of the value owns the bio. Ending the bio consumes the value. If the value is dropped,
/// on any path, the bio completes with an I/O error immediately.
///
/// Invariant: `raw` is a bio that the block layer passed to `submit_bio`. It has not completed, and
/// only this value owns it.
@safe @frozen
public struct SubmittedBio: ~Copyable, @unchecked Sendable {
  @unsafe @usableFromInline let raw: UnsafeMutableRawPointer

  @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter has the bio from the block layer and makes one value of it.
    unsafe self.raw = raw
  }

  deinit {
    // SAFETY: this value owns the bio, which has not completed; only this call completes it.
    unsafe apus_submitted_end(raw.assumingMemoryBound(to: bio.self), BlockStatus.ioError.rawValue)
  }

  private var pointer: UnsafeMutablePointer<bio> {
    // SAFETY: `raw` is the `struct bio` that the block layer passed to `submit_bio`.
    unsafe raw.assumingMemoryBound(to: bio.self)
  }

  /// Completes the bio. The corresponding C function is `bio_endio`.
  ///
  /// Context: any.
  public consuming func end(_ status: BlockStatus) {
    // SAFETY: the type's invariant; the value is gone after this line, so this is the only
    // completion.
    let raw = unsafe raw
    discard self
    unsafe apus_submitted_end(raw.assumingMemoryBound(to: bio.self), status.rawValue)
  }

  /// Completes a zone append of which all data was written, starting at `sector`; the submitter
  /// gets that sector.
  ///
  /// Context: any.
  public consuming func end(writtenAt sector: Sector) {
    // SAFETY: this value owns the bio, which has not completed; `end` below completes it.
    unsafe apus_submitted_set_sector(pointer, sector.count)
    end(.ok)
  }

  /// The operation. A flush is a write without bytes and with the flag `preflush`. The
  /// corresponding C function is `bio_op`.
  public var operation: Operation {
    // SAFETY: this value owns the bio, which has not completed, so it exists.
    Operation(rawValue: unsafe apus_submitted_operation(pointer))
  }

  /// The flags of the operation. The corresponding C field is `bi_opf`.
  public var flags: OperationFlags {
    // SAFETY: this value owns the bio, which has not completed, so it exists.
    OperationFlags(rawValue: unsafe apus_submitted_flags(pointer))
  }

  /// Whether a write must be durable when it completes.
  public var isForcedUnitAccess: Bool { flags.contains(.forcedUnitAccess) }

  /// The first sector, counted from the start of the disk.
  public var sector: Sector {
    // SAFETY: this value owns the bio, which has not completed, so it exists.
    Sector(unsafe apus_submitted_sector(pointer))
  }

  /// The number of bytes from the first sector on.
  public var byteCount: Int {
    // SAFETY: this value owns the bio, which has not completed, so it exists.
    Int(unsafe apus_submitted_bytes(pointer))
  }

  /// Calls `body` for each segment of the bio's memory, in the order of the sectors. A bio without
  /// data has no segments. The segments of a write can only be read. The corresponding C macro is
  /// `bio_for_each_segment`.
  ///
  /// Throws what `body` throws, immediately.
  @inline(__always)
  public borrowing func forEachSegment<Failure: Error>(
    _ body: (borrowing Segment) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant: the bio stays until it ends, which the borrow prevents.
    let isReadOnly = unsafe apus_submitted_is_write(pointer)
    var segments = unsafe apus_submitted_segments(pointer)
    var vector = unsafe bio_vec()
    while unsafe apus_segments_next(&segments, &vector) {
      guard let page = unsafe vector.bv_page else { continue }
      // SAFETY: as above; the vector was just filled in. Only memory of bios that are not writes
      // may be changed.
      try body(
        unsafe Segment(
          page: UnsafeMutableRawPointer(page), offset: Int(vector.bv_offset),
          byteCount: Int(vector.bv_len),
          isReadOnly: isReadOnly))
    }
  }

  /// Calls `body` for each piece of the bio's memory, split at the ends of segments and of device
  /// pages. The first piece begins at sector `first` of the device. As `Request.forEachPiece`.
  @inline(__always)
  public borrowing func forEachPiece<Failure: Error>(
    from first: Sector, _ body: (borrowing Segment, PagePiece) throws(Failure) -> Void
  ) throws(Failure) {
    let start = first.count &<< Sector.shift
    var page = UInt(truncatingIfNeeded: start &>> UInt64(truncatingIfNeeded: pageShift))
    var offset = Int(truncatingIfNeeded: start) & (pageSize &- 1)
    try forEachSegment { segment throws(Failure) in
      var done = 0
      while done < segment.byteCount {
        let length = min(pageSize &- offset, segment.byteCount &- done)
        try body(
          segment, PagePiece(page: page, pageOffset: offset, segmentOffset: done, length: length))
        done &+= length
        offset &+= length
        if offset == pageSize {
          offset = 0
          page &+= 1
        }
      }
    }
  }
}

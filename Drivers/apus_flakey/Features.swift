// SPDX-License-Identifier: GPL-2.0-only
// apus_flakey: the features, which apply while the device is down.

import DeviceMapper
import Kernel

/// The features of a table line.
struct Features: Sendable {
  private(set) var errorReads = false
  private(set) var dropWrites = false
  private(set) var errorWrites = false
  /// The byte to corrupt, counted from 1 (0 for none); whether it is corrupted in writes or in
  /// reads; its new value; and the flags that a bio must have.
  private var byte: UInt64 = 0
  private var ofWrites = false
  private var value: UInt8 = 0
  private(set) var flags: UInt32 = 0
  /// The probabilities of a random corruption, in units of 1 / 1,000,000,000.
  private var randomReads: UInt64 = 0
  private var randomWrites: UInt64 = 0

  static var base: UInt64 { 1_000_000_000 }

  private init() {}

  init(_ arguments: inout Arguments) throws(TargetError) {
    self.init()
    if arguments.remaining > 0 {
      self = try arguments.withGroup(
        through: 11, "Invalid number of feature args",
        insufficient: "Insufficient feature arguments"
      ) { group throws(TargetError) in
        var features = Features()
        while group.remaining > 0 { try features.readFeature(&group) }
        return features
      }
    }
    if dropWrites && byte > 0 && ofWrites {
      throw .invalid("drop_writes is incompatible with corrupt_bio_byte with the WRITE flag set")
    }
    if errorWrites && byte > 0 && ofWrites {
      throw .invalid("error_writes is incompatible with corrupt_bio_byte with the WRITE flag set")
    }
    if byte == 0 && !errorReads && !dropWrites && !errorWrites && randomReads == 0
      && randomWrites == 0
    {
      errorReads = true
      errorWrites = true
    }
  }

  /// Parses a feature and its parameters.
  private mutating func readFeature(_ arguments: inout Arguments) throws(TargetError) {
    if arguments.take("error_reads") {
      if errorReads { throw .invalid("Feature error_reads duplicated") }
      errorReads = true
    } else if arguments.take("drop_writes") {
      if dropWrites { throw .invalid("Feature drop_writes duplicated") }
      if errorWrites { throw .invalid("Feature drop_writes conflicts with feature error_writes") }
      dropWrites = true
    } else if arguments.take("error_writes") {
      if errorWrites { throw .invalid("Feature error_writes duplicated") }
      if dropWrites { throw .invalid("Feature error_writes conflicts with feature drop_writes") }
      errorWrites = true
    } else if arguments.take("corrupt_bio_byte") {
      if arguments.remaining == 0 { throw .invalid("Feature corrupt_bio_byte requires parameters") }
      try readByte(&arguments)
    } else if arguments.take("random_read_corrupt") {
      if arguments.remaining == 0 {
        throw .invalid("Feature random_read_corrupt requires a parameter")
      }
      randomReads = try arguments.nextNumber(
        through: Features.base, "Invalid random corrupt argument")
    } else if arguments.take("random_write_corrupt") {
      if arguments.remaining == 0 {
        throw .invalid("Feature random_write_corrupt requires a parameter")
      }
      randomWrites = try arguments.nextNumber(
        through: Features.base, "Invalid random corrupt argument")
    } else {
      throw .invalid("Unrecognised flakey feature requested")
    }
  }

  private mutating func readByte(_ arguments: inout Arguments) throws(TargetError) {
    let largest = UInt64(UInt32.max)
    byte = try arguments.nextNumber(from: 1, through: largest, "Invalid corrupt bio byte")
    if arguments.take("w") {
      ofWrites = true
    } else if arguments.take("r") {
      ofWrites = false
    } else {
      throw .invalid("Invalid corrupt bio direction (r or w)")
    }
    value = UInt8(
      truncatingIfNeeded: try arguments.nextNumber(
        through: 255, "Invalid corrupt value to write into bio byte (0-255)"))
    flags = UInt32(
      truncatingIfNeeded: try arguments.nextNumber(
        through: largest, "Invalid corrupt bio flags mask"))
  }

  /// Returns the corruption of a bio, or nil for none. `hasFlags` says whether the bio has the
  /// required flags.
  func corruption(hasFlags: Bool, isWrite: Bool) -> Corruption? {
    let fixed = byte > 0 && ofWrites == isWrite && hasFlags
    let chance = isWrite ? randomWrites : randomReads
    let random = chance > 0 && randomNumber() % Features.base < chance
    if !fixed && !random { return nil }
    return Corruption(byte: fixed ? byte : 0, value: value, isRandom: random)
  }

  func write(to writer: inout TextWriter) {
    let count =
      (errorReads ? 1 : 0) &+ (dropWrites ? 1 : 0) &+ (errorWrites ? 1 : 0) &+ (byte > 0 ? 5 : 0)
      &+ (randomReads > 0 ? 2 : 0) &+ (randomWrites > 0 ? 2 : 0)
    writer.append(" ")
    writer.append(count)
    if errorReads { writer.append(" error_reads") }
    if dropWrites {
      writer.append(" drop_writes")
    } else if errorWrites {
      writer.append(" error_writes")
    }
    if byte > 0 {
      writer.append(" corrupt_bio_byte ")
      writer.append(byte)
      writer.append(ofWrites ? " w " : " r ")
      writer.append(value)
      writer.append(" ")
      writer.append(flags)
    }
    if randomReads > 0 {
      writer.append(" random_read_corrupt ")
      writer.append(randomReads)
    }
    if randomWrites > 0 {
      writer.append(" random_write_corrupt ")
      writer.append(randomWrites)
    }
  }
}

/// The corruption of a bio.
struct Corruption: Sendable {
  /// Counted from 1; 0 for none.
  let byte: UInt64
  let value: UInt8
  let isRandom: Bool

  /// Returns the changes to the data of a bio with `count` bytes.
  func places(within count: Int) -> Changes {
    var changes = Changes()
    if byte > 0 { changes.first = (Int(truncatingIfNeeded: byte &- 1), value) }
    if isRandom, count > 0 {
      let place = randomNumber() % UInt64(truncatingIfNeeded: count)
      changes.second = (Int(truncatingIfNeeded: place), UInt8(truncatingIfNeeded: randomNumber()))
    }
    return changes
  }
}

/// The bytes to change: their positions within the data of a bio, and their values.
struct Changes {
  var first: (place: Int, value: UInt8)?
  var second: (place: Int, value: UInt8)?

  /// Changes the bytes of a copy. `length` bytes of the bio, from position `start` on, lie at
  /// `offset` in `bytes`.
  func apply(to bytes: borrowing MutableBytes, from start: Int, at offset: Int, length: Int)
    throws(Errno)
  {
    if let first, first.place >= start, first.place < start &+ length {
      try bytes.fill(with: first.value, at: offset &+ first.place &- start, length: 1)
    }
    if let second, second.place >= start, second.place < start &+ length {
      try bytes.fill(with: second.value, at: offset &+ second.place &- start, length: 1)
    }
  }

  /// Changes the bytes of a segment that lies at position `start` in the bio.
  func apply(to segment: borrowing Segment, from start: Int) {
    change(first, in: segment, from: start)
    change(second, in: segment, from: start)
  }

  private func change(
    _ change: (place: Int, value: UInt8)?, in segment: borrowing Segment, from start: Int
  ) {
    guard let change, change.place >= start, change.place < start &+ segment.byteCount else {
      return
    }
    do throws(Errno) {
      try segment.fill(at: change.place &- start, length: 1, with: change.value)
    } catch {
      // The position is within the segment, so this does not happen.
      return
    }
  }
}

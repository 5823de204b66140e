// SPDX-License-Identifier: GPL-2.0-only
// apus_submissions: targets that send what they map to a place that a message names.

import DeviceMapper
import Kernel
import Synchronization

/// `apus-anywhere DEVICE blind|zoned [OTHER]`: bios go to the device, moved by the distance that a
/// message names. The target reports to device mapper that it also lies on OTHER.
@DeviceMapperTarget("apus-anywhere", version: (1, 0, 0), features: .zoned)
struct Anywhere: Target, ~Copyable {
  /// Empty: the target keeps no data with its bios.
  struct BioData: TargetBioData, ~Copyable {
    init() {}
  }

  let device: UnderlyingDevice
  let other: UnderlyingDevice?
  let isZoned: Bool
  let move: Atomic<Int>
  let length: Atomic<Int>
  let accepted: Atomic<Int>
  let isSaid: Atomic<Int>
  /// What `reportZones` does: 0 reports correctly, 1 reports from the start each time, 2 reports
  /// with a shifted start, 3 does the same as 1 but ignores the error.
  let report: Atomic<Int>
  let visits: Atomic<Int>
  let mapped: Atomic<Int>
  let ended: Atomic<Int>
  let failed: Atomic<Int>
  let unaccepted: Atomic<Int>

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 2 || arguments.count == 3 else {
      throw .invalid("Invalid argument count")
    }
    let isZoned = arguments.isWord("zoned", at: 1)
    let first = try target.open(arguments, at: 0, "Device lookup failed")
    other = try Anywhere.other(target, arguments)
    device = first
    self.isZoned = isZoned
    move = Atomic(0)
    length = Atomic(-1)
    accepted = Atomic(-1)
    isSaid = Atomic(1)
    report = Atomic(0)
    visits = Atomic(0)
    mapped = Atomic(0)
    ended = Atomic(0)
    failed = Atomic(0)
    unaccepted = Atomic(0)
    target.setFlushBios(1)
    target.setDiscardBios(1)
    target.setWriteZeroesBios(1)
    target.setDiscardsSupported(true)
  }

  static func other(
    _ target: borrowing NewTarget, _ arguments: borrowing Arguments
  ) throws(TargetError) -> UnderlyingDevice? {
    guard arguments.count == 3 else { return nil }
    return try target.open(arguments, at: 2, "Device lookup failed")
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    mapped.wrappingAdd(1, ordering: .relaxed)
    if accepted.load(ordering: .relaxed) >= 0 {
      do throws(Errno) {
        try target.acceptPartial(
          bio, Sector(UInt64(truncatingIfNeeded: accepted.load(ordering: .relaxed))))
      } catch {
        unaccepted.wrappingAdd(1, ordering: .relaxed)
      }
    }
    let sector = Sector(
      bio.targetSector.count &+ UInt64(truncatingIfNeeded: move.load(ordering: .relaxed)))
    if length.load(ordering: .relaxed) >= 0 {
      return .remapped(
        bio.remapped(
          to: device, at: sector,
          length: Sector(UInt64(truncatingIfNeeded: length.load(ordering: .relaxed)))))
    }
    return .remapped(bio.remapped(to: device, at: sector))
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    ended.wrappingAdd(1, ordering: .relaxed)
    if status != .ok { failed.wrappingAdd(1, ordering: .relaxed) }
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    guard request.kind == .information else { return writer.append(device) }
    writer.appendLine("mapped", mapped.load(ordering: .relaxed))
    writer.appendLine("ended", ended.load(ordering: .relaxed))
    writer.appendLine("failed", failed.load(ordering: .relaxed))
    writer.appendLine("unaccepted", unaccepted.load(ordering: .relaxed))
    writer.appendLine("visits", visits.load(ordering: .relaxed))
  }

  func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno) {
    if arguments.take("move") {
      move.store(try number(&arguments), ordering: .relaxed)
    } else if arguments.take("length") {
      length.store(try number(&arguments), ordering: .relaxed)
    } else if arguments.take("accept") {
      accepted.store(try number(&arguments), ordering: .relaxed)
    } else if arguments.take("reports") {
      isSaid.store(try number(&arguments), ordering: .relaxed)
    } else if arguments.take("report") {
      report.store(try number(&arguments), ordering: .relaxed)
    } else if arguments.take("plain") {
      move.store(0, ordering: .relaxed)
      length.store(-1, ordering: .relaxed)
      accepted.store(-1, ordering: .relaxed)
      isSaid.store(1, ordering: .relaxed)
      report.store(0, ordering: .relaxed)
    } else {
      throw .invalidArgument
    }
  }

  func number(_ arguments: inout Arguments) throws(Errno) -> Int {
    guard let value = arguments.withNext({ word in word.decimal() }) ?? nil else {
      throw .invalidArgument
    }
    return Int(truncatingIfNeeded: value)
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    // A blind target does not report its device to device mapper, so the mapped device has blocks
    // of 512 bytes.
    if isZoned { visitor.visit(device, from: Sector(0), length: target.length) }
    visits.wrappingAdd(1, ordering: .relaxed)
    switch other {
    case .some(let other): visitor.visit(other, from: Sector(0), length: target.length)
    case .none: break
    }
  }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    var left = isSaid.load(ordering: .relaxed)
    while left > 0 {
      switch self.report.load(ordering: .relaxed) {
      case 1: try report.forward(to: device, start: Sector(0), from: Sector(0))
      case 2: try report.forward(to: device, start: Sector(UInt64.max &- 8191), from: Sector(0))
      case 3:
        do throws(Errno) { try report.forward(to: device, start: Sector(0), from: Sector(0)) } catch
        {}
      default: try report.forward(to: device, start: Sector(0), from: report.next)
      }
      left &-= 1
    }
  }
}

/// `apus-blind DEVICE [OTHER]`: requests go to the device. The target reports only 8 sectors of the
/// device to device mapper, or only OTHER.
@DeviceMapperTarget("apus-blind", version: (1, 0, 0), features: .immutable)
struct RequestsAnywhere: Target, ~Copyable {
  let device: UnderlyingDevice
  let other: UnderlyingDevice?

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count == 1 || arguments.count == 2 else {
      throw .invalid("Invalid argument count")
    }
    let first = try target.open(arguments, at: 0, "Device lookup failed")
    other = try RequestsAnywhere.other(target, arguments)
    device = first
    target.setFlushBios(1)
    target.setDiscardBios(1)
  }

  static func other(
    _ target: borrowing NewTarget, _ arguments: borrowing Arguments
  ) throws(TargetError) -> UnderlyingDevice? {
    guard arguments.count == 2 else { return nil }
    return try target.open(arguments, at: 1, "Device lookup failed")
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
  {
    do throws(Errno) { return .remapped(try request.clone(to: device)) } catch {
      return .requeueLater
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    switch other {
    case .some(let other): visitor.visit(other, from: Sector(0), length: target.length)
    case .none: visitor.visit(device, from: Sector(0), length: Sector(8))
    }
  }
}

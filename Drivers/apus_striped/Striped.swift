// SPDX-License-Identifier: GPL-2.0-only
// apus_striped: a target that distributes its chunks over several devices in turn.

import DeviceMapper
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors", description: "A striped target, in safe Swift", version: "0.1.0",
  alias: "dm-apus-striped")
struct StripedModule: KernelModule, ~Copyable {
  let registration: TargetRegistration<Striped>

  init() throws(Errno) { registration = try TargetRegistration() }
}

/// One of the devices.
struct Stripe: ~Copyable, Sendable {
  let device: UnderlyingDevice
  let start: Sector
  let errors = Atomic<UInt32>(0)

  init(_ device: consuming UnderlyingDevice, from start: Sector) {
    self.device = device
    self.start = start
  }
}

/// `apus-striped COUNT CHUNK [DEVICE START]…`
@DeviceMapperTarget("apus-striped", version: (1, 6, 0), features: .passesIntegrity | .noWait)
struct Striped: Target, ~Copyable {
  let stripes: RigidArray<Stripe>
  let count: UInt64
  let chunk: UInt64
  let width: Sector
  let event: TargetEvent

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard arguments.count >= 2 else { throw .invalid("Not enough arguments") }
    let largest = UInt64(UInt32.max)
    let count = try arguments.nextNumber(
      from: 1, through: largest, mayHaveSign: true, "Invalid stripe count")
    let chunk = try arguments.nextNumber(
      from: 1, through: largest, mayHaveSign: true, "Invalid chunk_size")
    let (width, rest) = target.length.divided(by: count)
    guard rest == 0 else { throw .invalid("Target length not divisible by number of stripes") }
    guard Sector(width).divided(by: chunk).remainder == 0 else {
      throw .invalid("Target length not divisible by chunk size")
    }
    guard UInt64(truncatingIfNeeded: arguments.remaining) == 2 &* count else {
      throw .invalid("Not enough destinations specified")
    }
    let number = Int(truncatingIfNeeded: count)
    var stripes = try explaining("Memory allocation for striped context failed") {
      () throws(Errno) in
      try RigidArray<Stripe>(capacity: number, .kernel)
    }
    let event = try explaining("Memory allocation for striped context failed") { () throws(Errno) in
      try target.makeEvent()
    }
    try target.setMaximumIOLength(Sector(chunk))
    target.setFlushBios(number)
    target.setDiscardBios(number)
    target.setSecureEraseBios(number)
    target.setWriteZeroesBios(number)
    target.setFlushBypassesMap()
    let wrong: StaticCString = "Couldn't parse stripe destination"
    while arguments.remaining > 0 {
      let place = arguments.count &- arguments.remaining
      let start = try arguments.sector(at: place &+ 1, wrong)
      let device = try target.openNext(&arguments, wrong)
      arguments.skip()
      do throws(Errno) {
        try stripes.append(Stripe(device, from: start))
      } catch {
        throw TargetError(error, wrong)
      }
    }
    self.stripes = stripes
    self.count = count
    self.chunk = chunk
    self.width = Sector(width)
    self.event = event
  }

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    switch bio.operation {
    case .flush:
      // A flush has no position, so the start of the stripe is not added.
      let (number, sector) = (bio.number, bio.sector)
      return send(bio, to: number, at: sector, length: Sector(0), fromStart: false)
    case .discard, .secureErase, .writeZeroes:
      let number = bio.number
      let begin = place(bio.targetSector, on: number)
      let end = place(Sector(bio.targetSector.count &+ bio.length.count), on: number)
      guard begin < end else {
        // No part of the range is on this stripe.
        bio.end(.ok)
        return .taken
      }
      return send(
        bio, to: number, at: begin, length: Sector(end.count &- begin.count), fromStart: true)
    default:
      let (stripe, sector) = place(bio.targetSector)
      let length = bio.length
      return send(bio, to: stripe, at: sector, length: length, fromStart: true)
    }
  }

  /// Sends a bio to a stripe.
  func send(
    _ bio: consuming TargetBio<Self>, to index: Int, at sector: Sector, length: Sector,
    fromStart: Bool
  ) -> MapResult<Self> {
    var waiting: TargetBio<Self>? = consume bio
    // If there is no such stripe, the bio is dropped, and ends with an I/O error.
    var result = MapResult<Self>.taken
    _ = stripes.withElement(at: index) { stripe in
      guard let bio = waiting.take() else { return }
      let start = fromStart ? stripe.start.count : 0
      result = .remapped(
        bio.remapped(to: stripe.device, at: Sector(start &+ sector.count), length: length))
    }
    return result
  }

  /// Returns the stripe of a sector of the target, and the position on that stripe.
  func place(_ sector: Sector) -> (stripe: Int, sector: Sector) {
    let (number, offset) = sector.divided(by: chunk)
    let (row, stripe) = Sector(number).divided(by: count)
    return (Int(truncatingIfNeeded: stripe), Sector(row &* chunk &+ offset))
  }

  /// Returns where a range that begins or ends at a sector of the target begins or ends on a
  /// stripe.
  func place(_ sector: Sector, on index: Int) -> Sector {
    let (stripe, place) = place(sector)
    if stripe == index { return place }
    let row = place.count &- place.divided(by: chunk).remainder
    return Sector(index < stripe ? row &+ chunk : row)
  }

  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult {
    if status == .ok || status == .notSupported || bio.flags.contains(.readAhead) {
      return .done(status)
    }
    // The first errors of a device wake the waiters for events.
    stripes.forEach { stripe in
      if bio.wentTo(stripe.device), stripe.errors.wrappingAdd(1, ordering: .relaxed).newValue < 15 {
        event.signal()
      }
    }
    return .done(status)
  }

  func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext
  ) {
    switch request.kind {
    case .information:
      writer.append(count)
      writer.append(" ")
      stripes.forEach { stripe in
        writer.append(stripe.device)
        writer.append(" ")
      }
      writer.append("1 ")
      stripes.forEach { stripe in writer.append(byte: stripe.letter) }
    case .table:
      writer.append(count)
      writer.append(" ")
      writer.append(chunk)
      stripes.forEach { stripe in
        writer.append(" ")
        writer.append(stripe.device)
        writer.append(" ")
        writer.append(stripe.start)
      }
    default:
      writer.appendNameAndVersion(of: target)
      writer.append(",stripes=")
      writer.append(count)
      writer.append(",chunk_size=")
      writer.append(chunk)
      var index = 0
      stripes.forEach { stripe in
        writer.appendStripe(index, "device_name")
        writer.append(stripe.device)
        writer.appendStripe(index, "physical_start")
        writer.append(stripe.start)
        writer.appendStripe(index, "status")
        writer.append(byte: stripe.letter)
        index &+= 1
      }
      writer.append(";")
    }
  }

  func visitDevices(_ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext) {
    stripes.forEach { stripe in visitor.visit(stripe.device, from: stripe.start, length: width) }
  }

  func mapDirectAccess(_ access: borrowing DirectAccess, in target: borrowing TargetContext) {
    let (index, sector) = place(access.targetSector)
    _ = stripes.withElement(at: index) { stripe in
      access.pass(to: stripe.device, at: Sector(stripe.start.count &+ sector.count))
    }
  }

  func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext) {
    limits.setChunk(Sector(chunk))
    // Sizes that do not fit are not set.
    let smallest = chunk << Sector.shift
    let (best, overflow) = smallest.multipliedReportingOverflow(by: count)
    if !overflow, best <= UInt64(UInt32.max) {
      limits.setTransferSizes(
        smallest: Int(truncatingIfNeeded: smallest), best: Int(truncatingIfNeeded: best))
    }
  }
}

extension Stripe {
  /// `A` (alive), or `D` if there were errors.
  var letter: UInt8 { errors.load(ordering: .relaxed) == 0 ? UInt8(ascii: "A") : UInt8(ascii: "D") }
}

extension TextWriter {
  /// Appends the name of a stripe's property.
  @_lifetime(self: copy self)
  mutating func appendStripe(_ index: Int, _ name: StaticCString) {
    append(",stripe_")
    append(index)
    append("_")
    append(name)
    append("=")
  }
}

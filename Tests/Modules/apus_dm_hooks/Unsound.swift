// SPDX-License-Identifier: GPL-2.0-only
// apus_dm_hooks: target types whose features and hooks do not fit together. Device mapper does not
// check them.

import DeviceMapper
import Kernel
import Synchronization

/// Registers the types that the library must refuse.
enum Unsound {
  @inline(never)
  static func register(_ number: Int) throws(Errno) {
    switch number {
    case 1: _ = try TargetRegistration<Wildcard>()
    case 2: _ = try TargetRegistration<WithoutReport>()
    case 3: _ = try TargetRegistration<ZonedRequests>()
    case 4:
      // Its features are those of the first registration, whatever they would be now.
      do { _ = try TargetRegistration<Changing>() }
      ChangingMode.isSingleton.store(true, ordering: .relaxed)
      _ = try TargetRegistration<Changing>()
    default: throw .notSupported
    }
  }
}

/// For tables of any kind, but without `visitDevices`, which device mapper calls for those.
@DeviceMapperTarget("apus-wildcard", version: (1, 0, 0), features: .wildcard)
struct Wildcard: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

/// What the features of `Changing` depend on.
enum ChangingMode { static let isSingleton = Atomic<Bool>(false) }

/// A singleton after its first registration.
@DeviceMapperTarget(
  "apus-changing", version: (1, 0, 0),
  features: ChangingMode.isSingleton.load(ordering: .relaxed) ? .singleton : .none)
struct Changing: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

/// For zoned devices, but without `reportZones`.
@DeviceMapperTarget("apus-unreported", version: (1, 0, 0), features: .zoned)
struct WithoutReport: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext) -> MapResult<Self> {
    .kill(bio)
  }
}

/// For zoned devices, but for requests.
@DeviceMapperTarget("apus-zoned-reqs", version: (1, 0, 0), features: .zoned | .immutable)
struct ZonedRequests: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
  { .kill }

  func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext) throws(Errno)
  {
    throw .notSupported
  }
}

/// `apus-bare`: a target of requests without a device, but with an event.
@DeviceMapperTarget("apus-bare", version: (1, 0, 0))
struct Bare: Target, ~Copyable {
  let event: TargetEvent

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    event = try explaining("Cannot allocate context") { () throws(Errno) in try target.makeEvent() }
  }

  func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
  { .kill }
}

// SPDX-License-Identifier: GPL-2.0-only
// A target type of device mapper.
// C header: include/linux/device-mapper.h (struct target_type, struct dm_target)

public import Kernel

/// A target of device mapper: it implements a range of a mapped device, and is made from a line of
/// a table.
///
/// Attach `@DeviceMapperTarget` to the type; it writes the C table with an entry for each operation
/// whose method stands in the type's body, and null for the others.
///
/// The rules, and what enforces them:
/// - `init` runs when a table is loaded. If it throws, device mapper refuses the table, and the
///   library closes all devices that `init` has opened. (The library.)
/// - The value does not move. It is destroyed when the table is destroyed and the last bio has
///   ended; its devices are closed after that. (Device mapper and the library.)
/// - All methods run concurrently on several CPUs, and only borrow the value. State that they
///   change is protected by a lock or is atomic. (The types.)
/// - A bio is a value with one owner, and completes exactly once. (The types.)
/// - When a mapped device is suspended, device mapper waits for the bios in flight. A target that
///   keeps bios submits or ends them in `willSuspend`. (The driver. A suspend that waits can be
///   interrupted.)
public protocol Target: ~Copyable, Sendable {
  /// The target's data in the memory of each bio. It exists from when the bio is mapped until it
  /// has ended.
  associatedtype BioData: TargetBioData & ~Copyable = NoBioData

  /// Makes a target for a line of a table.
  ///
  /// - Parameters:
  ///   - target: sets the properties of the new target, and opens its devices.
  ///   - arguments: the words of the line after the target's name.
  ///
  /// Throws: the message for the kernel's log, and the error of the ioctl.
  /// Context: may sleep; the device's I/O may be suspended meanwhile.
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError)

  /// The C table; written by `@DeviceMapperTarget`.
  @unsafe static var targetTable: UnsafeMutablePointer<TargetTable<Self>> { get }

  /// The properties that the library needs; written by `@DeviceMapperTarget`.
  static var targetTraits: TargetTraits<Self> { get }

  /// The features beyond the target's operations; written by `@DeviceMapperTarget`.
  static var targetFeatures: TargetFeatures { get }
}

/// A target's data in the memory of a bio.
public protocol TargetBioData: ~Copyable, Sendable {
  /// Creates the data of a bio that is about to be mapped.
  ///
  /// Context: must not sleep.
  init()
}

/// The data of a target that keeps no data for a bio.
public struct NoBioData: TargetBioData {
  /// Creates the data, which takes no memory.
  public init() {}
}

/// The properties that `@DeviceMapperTarget` finds in a type. A driver does not use it. Making one
/// requires `unsafe`, and the traits of another target have another type. The same macro writes the
/// table and the traits.
public struct TargetTraits<Driver: Target & ~Copyable>: Sendable {
  let name: StaticCString
  let major: UInt32
  let minor: UInt32
  let patch: UInt32
  // Whether bios have data, and the target sees their completion.
  let tracksBios: Bool
  // Whether dm-io completes bios for the target.
  let usesRegions: Bool

  /// Written by the macro, as the table is.
  @unsafe @inline(__always)
  public init(
    name: StaticCString, major: UInt32, minor: UInt32, patch: UInt32, tracksBios: Bool,
    usesRegions: Bool
  ) {
    self.name = name
    self.major = major
    self.minor = minor
    self.patch = patch
    self.tracksBios = tracksBios
    self.usesRegions = usesRegions
  }
}

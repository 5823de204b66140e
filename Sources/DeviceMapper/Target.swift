// SPDX-License-Identifier: GPL-2.0-only
// What a target of device mapper is.
// C header: include/linux/device-mapper.h (struct target_type, struct dm_target)

public import Kernel

/// A target: what a line of a table makes, and a range of a mapped device consists of.
///
/// Attach `@DeviceMapperTarget` to the type; it writes the C table with an entry for each operation whose method stands in the
/// type's body, and null for the others.
///
/// The rules, and who keeps them:
/// - `init` runs when a table is loaded; if it throws, the table is refused, and all that it had opened is closed. (The library.)
/// - The value stays where it is until the table is gone and the last bio has ended; then it ends, and its devices are closed.
///   (Device mapper, and the library.)
/// - All methods run on several CPUs at once and only borrow the value: what they change lies behind a lock or in an atomic. (The
///   types.)
/// - A bio is a value, owned by whoever holds it, and completes exactly once. (The types.)
/// - When a mapped device is suspended, device mapper waits for the bios under way. A target that keeps bios lets them go in
///   `willSuspend`. (The driver; a suspend that waits can be interrupted.)
public protocol Target: ~Copyable, Sendable {
  /// Data in the memory of each bio: from when it is mapped until it has ended.
  associatedtype BioData: TargetBioData & ~Copyable = NoBioData

  /// Makes a target for a line of a table.
  ///
  /// - Parameters:
  ///   - target: where the properties of the new target are set, and its devices opened.
  ///   - arguments: the rest of the line.
  ///
  /// Throws: what the user is told, in the kernel's log, and the error of the ioctl.
  /// Context: may sleep; the device's I/O may be suspended meanwhile.
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError)

  /// The C table; written by `@DeviceMapperTarget`.
  @unsafe static var targetTable: UnsafeMutablePointer<TargetTable<Self>> { get }

  /// What the library has to know; written by `@DeviceMapperTarget`.
  static var targetTraits: TargetTraits<Self> { get }

  /// What it can beyond the operations that it has; written by `@DeviceMapperTarget`.
  static var targetFeatures: TargetFeatures { get }
}

/// Data of a target in a bio's memory.
public protocol TargetBioData: ~Copyable, Sendable {
  /// The data of a bio that is about to be mapped.
  ///
  /// Context: must not sleep.
  init()
}

/// No data.
public struct NoBioData: TargetBioData {
  public init() {}
}

/// What `@DeviceMapperTarget` found out about a type. A driver does not use it. It cannot be made
/// without `unsafe`, and another target's is
/// of another type: the table and the traits are of one macro's making.
public struct TargetTraits<Driver: Target & ~Copyable>: Sendable {
  let name: Literal
  let major: UInt32
  let minor: UInt32
  let patch: UInt32
  // Whether bios have data, and an end that the target sees.
  let tracksBios: Bool
  // Whether dm-io ends bios for the target.
  let usesRegions: Bool

  /// Written by the macro: as the table is.
  @unsafe @inline(__always)
  public init(
    name: Literal, major: UInt32, minor: UInt32, patch: UInt32, tracksBios: Bool, usesRegions: Bool
  ) {
    self.name = name
    self.major = major
    self.minor = minor
    self.patch = patch
    self.tracksBios = tracksBios
    self.usesRegions = usesRegions
  }
}

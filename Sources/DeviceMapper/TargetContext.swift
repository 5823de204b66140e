// SPDX-License-Identifier: GPL-2.0-only
// The target, as its methods see it.
// C header: include/linux/device-mapper.h (struct dm_target)

internal import CKernel
public import Block
public import Kernel

/// A target, for the duration of a call of one of its methods.
///
/// Invariant: `raw` is the `struct dm_target`, which stays for the call.
@safe
public struct TargetContext: ~Copyable, ~Escapable {
  let raw: UnsafeMutablePointer<dm_target>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<dm_target>) {
    // INVARIANT: the adapter keeps it for the call.
    unsafe self.raw = raw
  }

  /// The first sector of the target on the mapped device.
  public var begin: Sector {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    Sector(unsafe apus_dm_begin(raw))
  }

  /// The length of the target.
  public var length: Sector {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    Sector(unsafe apus_dm_length(raw))
  }

  /// The longest bio that device mapper sends to the target; 0 for no limit.
  public var maximumIOLength: Sector {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    Sector(UInt64(unsafe apus_dm_max_io_len(raw)))
  }

  /// Whether the table is writable.
  public var isWritable: Bool {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_is_writable(raw)
  }

  /// Whether the mapped device is suspended. The corresponding C function is `dm_suspended`.
  public var isSuspended: Bool {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_is_suspended(raw)
  }

  /// Whether the mapped device is being suspended, and its bios have ended. The corresponding C
  /// function is `dm_post_suspending`.
  public var isPostSuspending: Bool {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_is_post_suspending(raw)
  }

  /// Whether the mapped device is being suspended without waiting for its bios, which may be
  /// requeued. The corresponding C function is `dm_noflush_suspending`.
  public var isSuspendingWithoutFlush: Bool {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_is_noflush_suspending(raw)
  }

  /// Wakes the tasks that wait for an event of the mapped device. The corresponding C function is
  /// `dm_table_event`.
  ///
  /// Context: may sleep.
  public borrowing func signalEvent() {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_event(raw)
  }

  /// Makes device mapper map requeued requests again. The corresponding C function is
  /// `dm_table_run_md_queue_async`.
  ///
  /// Context: any.
  public borrowing func runQueue() {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    unsafe apus_dm_run_queue(raw)
  }
}

extension TextWriter {
  /// Appends `target_name=…,target_version=…`, the start of the measurement of a target. The
  /// corresponding C macro is `DMEMIT_TARGET_NAME_VERSION`.
  @_lifetime(self: copy self)
  public mutating func appendNameAndVersion(of target: borrowing TargetContext) {
    append("target_name=")
    // SAFETY: the type's name stays as long as its module.
    append(unsafe CString(apus_dm_type_name(target.raw)))
    append(",target_version=")
    // SAFETY: the target stays while `target` is borrowed, and its type as long as its module.
    append(unsafe apus_dm_version(target.raw, 0))
    append(".")
    // SAFETY: as above.
    append(unsafe apus_dm_version(target.raw, 1))
    append(".")
    // SAFETY: as above.
    append(unsafe apus_dm_version(target.raw, 2))
  }

  /// Appends the mapped device's number. The corresponding C function is `dm_table_device_name`.
  @_lifetime(self: copy self)
  public mutating func appendDeviceName(of target: borrowing TargetContext) {
    // SAFETY: the name stays as long as the mapped device.
    append(unsafe CString(apus_dm_device_name(target.raw)))
  }
}

/// A target, while a bio is being mapped.
///
/// Invariant: `raw` is the `struct dm_target`, which stays for the call. `bio` is the bio that is
/// being mapped. It may have been freed, so the pointer is only compared.
@safe
public struct MapContext: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<dm_target>
  private let bio: UnsafeMutableRawPointer

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<dm_target>, _ bio: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter keeps both for the call.
    unsafe self.raw = raw
    unsafe self.bio = bio
  }

  /// The first sector of the target on the mapped device.
  public var begin: Sector {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    Sector(unsafe apus_dm_begin(raw))
  }

  /// The length of the target.
  public var length: Sector {
    // SAFETY: the adapter keeps the `struct dm_target` for the call that lends this value.
    Sector(unsafe apus_dm_length(raw))
  }

  /// Shortens the bio: device mapper maps the rest as another bio. The corresponding C function is
  /// `dm_accept_partial_bio`.
  ///
  /// - Parameters:
  ///   - bio: the bio that this call maps.
  ///   - length: the number of sectors that are left, at least one logical block of the mapped
  ///     device.
  ///
  /// Throws: `invalidArgument` for another bio, for a length larger than the bio's, for a length
  /// that is not in logical blocks of the mapped device, and for an operation that is neither a
  /// read nor a write; also for a write with a flush before it, and for a write to a zoned device.
  /// The bio is unchanged then.
  /// Context: must not sleep.
  public borrowing func acceptPartial<Driver: Target & ~Copyable>(
    _ bio: borrowing TargetBio<Driver>, _ length: Sector
  ) throws(Errno) {
    // SAFETY: the pointers are only compared; the borrowed value owns the bio.
    guard unsafe bio.reference.raw == self.bio, unsafe apus_dm_bio_is_marked(bio.pointer),
      length.count > 0,
      length.count <= bio.length.count,
      unsafe apus_dm_bio_can_shrink(bio.pointer, UInt32(truncatingIfNeeded: length.count))
    else { throw .invalidArgument }
    let sectors = UInt32(truncatingIfNeeded: length.count)
    // SAFETY: device mapper is in the call that maps this bio, and the conditions of its function
    // were checked.
    unsafe apus_dm_bio_accept(bio.pointer, sectors)
    // SAFETY: a target that tracks its bios has a header in front of each.
    if Driver.targetTraits.tracksBios {
      unsafe apus_dm_bio_shrink_record(BioLayout<Driver>.header(bio.pointer), sectors)
    }
  }
}

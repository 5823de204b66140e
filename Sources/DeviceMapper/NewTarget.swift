// SPDX-License-Identifier: GPL-2.0-only
// A target that is being made.
// C header: include/linux/device-mapper.h (struct dm_target)

internal import CKernel
public import Block
public import Kernel

/// A target while its `init` runs: where its properties are set and its devices opened. It exists only within the call.
///
/// Invariant: `raw` is the `struct dm_target` that is being constructed, and `devices` the list of what it has open; both stay for
/// the call.
@safe
public struct NewTarget: ~Copyable, ~Escapable {
  let raw: UnsafeMutablePointer<dm_target>
  let devices: UnsafeMutablePointer<apus_dm_devices>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>) {
    // INVARIANT: the adapter has both for the call.
    unsafe self.raw = raw
    unsafe self.devices = devices
  }

  /// Where the target begins on the mapped device.
  public var begin: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_dm_begin(raw))
  }

  /// Its length.
  public var length: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_dm_length(raw))
  }

  /// Whether the table can be written to. The corresponding C function is `dm_table_get_mode`.
  public var isWritable: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_dm_is_writable(raw)
  }

  /// Opens a device, given by its path or its number (`8:16`), in the table's mode. It stays open until the target has ended; if
  /// `init` throws, until then. The corresponding C function is `dm_get_device`.
  ///
  /// - Parameters:
  ///   - arguments: where its name is,
  ///   - index: at which place.
  ///   - message: what the user is told if it cannot be opened.
  ///
  /// Throws: the message, with the error: `noSuchDevice`, `busy`, …; `invalidArgument` without such a word, for the mapped
  /// device itself, and, in a target of requests, for a device whose driver takes bios only, or may sleep.
  /// Context: may sleep.
  public borrowing func open(
    _ arguments: borrowing Arguments, at index: Int, _ message: Literal
  ) throws(TargetError) -> UnderlyingDevice {
    var device: UnsafeMutablePointer<apus_dm_device>?
    // SAFETY: the type's invariant; the word stays for the call.
    guard let path = unsafe arguments.raw(at: index) else { throw .invalid(message) }
    let status = unsafe apus_dm_open(raw, devices, path, &device)
    if status < 0 { throw TargetError(Errno(kernelResult: status), message) }
    guard let device = unsafe device else { throw .invalid(message) }
    // SAFETY: one share is this value's.
    return unsafe UnderlyingDevice(TargetShare(device))
  }

  /// Opens the device that the next word names. As `open(_:at:_:)`.
  @_lifetime(arguments: copy arguments)
  public borrowing func openNext(
    _ arguments: inout Arguments, _ message: Literal
  ) throws(TargetError) -> UnderlyingDevice {
    let device = try open(arguments, at: arguments.position, message)
    arguments.skip()
    return device
  }

  /// No bio is longer, and none crosses a multiple of this many sectors. The corresponding C function is
  /// `dm_set_target_max_io_len`.
  ///
  /// Throws: EINVAL for more than 32 bits hold.
  public borrowing func setMaximumIOLength(_ length: Sector) throws(TargetError) {
    guard length.count <= UInt64(UInt32.max) else { throw .invalid("Maximum size of target IO is too large") }
    // SAFETY: the type's invariant; the number was checked.
    unsafe _ = apus_dm_set_max_io_len(raw, length.count)
  }

  /// How many bios each flush of the mapped device becomes for this target, each with a number (`TargetBio.number`);
  /// 65,536 at most, 0 for none.
  public borrowing func setFlushBios(_ count: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_flush_bios(raw, Self.number(count))
  }

  /// The same for discards; 0 for a target without them.
  public borrowing func setDiscardBios(_ count: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_discard_bios(raw, Self.number(count))
  }

  /// The same for secure erases.
  public borrowing func setSecureEraseBios(_ count: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_secure_erase_bios(raw, Self.number(count))
  }

  /// The same for zeroes without data.
  public borrowing func setWriteZeroesBios(_ count: Int) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_write_zeroes_bios(raw, Self.number(count))
  }

  /// The target is sent flushes whatever its devices can.
  public borrowing func setFlushSupported(_ value: Bool = true) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_flush_supported(raw, value)
  }

  /// The target is sent discards whatever its devices can.
  public borrowing func setDiscardsSupported(_ value: Bool = true) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_discards_supported(raw, value)
  }

  /// Few bios of swapping are sent at once.
  public borrowing func setLimitsSwapBios(_ value: Bool = true) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_limits_swap_bios(raw, value)
  }

  /// Bios that the target keeps count as begun when they are submitted, and not when they are mapped. So they do in any case where the
  /// target has flushes, or several bios for a discard and its kind.
  public borrowing func setAccountsRemappedIO(_ value: Bool = true) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_accounts_remapped_io(raw, value)
  }

  /// Flushes may go to the devices without asking the target, where the kernel can (from 6.11 on).
  public borrowing func setFlushBypassesMap(_ value: Bool = true) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_set_flush_bypasses_map(raw, value)
  }

  private static func number(_ count: Int) -> UInt32 { UInt32(truncatingIfNeeded: min(max(count, 0), 65536)) }
}

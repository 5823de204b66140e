// SPDX-License-Identifier: GPL-2.0-only
// A target under construction.
// C header: include/linux/device-mapper.h (struct dm_target)

internal import CKernel
public import Block
public import Kernel

/// A target during its `init`, which sets its properties and opens its devices. The value exists
/// only within the call.
///
/// Invariant: `raw` is the `struct dm_target` under construction, and `devices` is the list of the
/// devices that it has open; both stay for the call.
@safe
public struct NewTarget: ~Copyable, ~Escapable {
  let raw: UnsafeMutablePointer<dm_target>
  let devices: UnsafeMutablePointer<apus_dm_devices>

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>) {
    // INVARIANT: the adapter keeps both for the call.
    unsafe self.raw = raw
    unsafe self.devices = devices
  }

  /// The first sector of the target on the mapped device.
  public var begin: Sector {
    // SAFETY: the target under construction stays for the call that lends this value.
    Sector(unsafe apus_dm_begin(raw))
  }

  /// The length of the target.
  public var length: Sector {
    // SAFETY: the target under construction stays for the call that lends this value.
    Sector(unsafe apus_dm_length(raw))
  }

  /// Whether the table is writable. The corresponding C function is `dm_table_get_mode`.
  public var isWritable: Bool {
    // SAFETY: the target under construction stays for the call that lends this value. Device mapper
    // has set its table.
    unsafe apus_dm_is_writable(raw)
  }

  /// Opens a device in the table's mode. A word gives its path or its number (`8:16`). The device
  /// stays open until the target has ended, or until `init` throws. The corresponding C function is
  /// `dm_get_device`.
  ///
  /// - Parameters:
  ///   - arguments: the words of the table line.
  ///   - index: the index of the word that names the device.
  ///   - message: the message if the device cannot be opened.
  ///
  /// Throws: the message, with the error: `noSuchDevice`, `busy`, …; `invalidArgument` if there is
  /// no such word, for the mapped device itself, and, in a target of requests, for a device whose
  /// driver takes only bios or may sleep.
  /// Context: may sleep.
  public borrowing func open(
    _ arguments: borrowing Arguments, at index: Int, _ message: StaticCString
  ) throws(TargetError) -> UnderlyingDevice {
    var device: UnsafeMutablePointer<apus_dm_device>?
    // SAFETY: the type's invariant; the word stays for the call.
    guard let path = unsafe arguments.raw(at: index) else { throw .invalid(message) }
    let status = unsafe apus_dm_open(raw, devices, path, &device)
    if status < 0 { throw TargetError(Errno(kernelResult: status), message) }
    guard let device = unsafe device else { throw .invalid(message) }
    // SAFETY: `apus_dm_open` counted a share for this value.
    return unsafe UnderlyingDevice(TargetShare(device))
  }

  /// Opens the device that the next word names, as `open(_:at:_:)` does.
  @_lifetime(arguments: copy arguments)
  public borrowing func openNext(
    _ arguments: inout Arguments, _ message: StaticCString
  ) throws(TargetError) -> UnderlyingDevice {
    let device = try open(arguments, at: arguments.position, message)
    arguments.skip()
    return device
  }

  /// Limits the bios of the target: no bio is longer than this many sectors or crosses a multiple
  /// of it. The corresponding C function is `dm_set_target_max_io_len`.
  ///
  /// Throws: EINVAL for a length that does not fit in 32 bits.
  public borrowing func setMaximumIOLength(_ length: Sector) throws(TargetError) {
    guard length.count <= UInt64(UInt32.max) else {
      throw .invalid("Maximum size of target IO is too large")
    }
    // SAFETY: the type's invariant; the length was checked.
    unsafe _ = apus_dm_set_max_io_len(raw, length.count)
  }

  /// Sets the number of bios that device mapper sends to this target for each flush of the mapped
  /// device. Each has a number (`TargetBio.number`). At most 65,536; 0 for none.
  public borrowing func setFlushBios(_ count: Int) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_flush_bios(raw, Self.number(count))
  }

  /// Sets the number of bios for each discard; 0 for a target without discards.
  public borrowing func setDiscardBios(_ count: Int) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_discard_bios(raw, Self.number(count))
  }

  /// Sets the number of bios for each secure erase; 0 for a target without secure erases.
  public borrowing func setSecureEraseBios(_ count: Int) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_secure_erase_bios(raw, Self.number(count))
  }

  /// Sets the number of bios for each write of zeroes without data; 0 for a target without them.
  public borrowing func setWriteZeroesBios(_ count: Int) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_write_zeroes_bios(raw, Self.number(count))
  }

  /// Makes device mapper send flushes to the target even if its devices do not support them.
  public borrowing func setFlushSupported(_ value: Bool = true) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_flush_supported(raw, value)
  }

  /// Makes device mapper send discards to the target even if its devices do not support them.
  public borrowing func setDiscardsSupported(_ value: Bool = true) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_discards_supported(raw, value)
  }

  /// Makes device mapper limit the number of swap bios in flight to the target.
  public borrowing func setLimitsSwapBios(_ value: Bool = true) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_limits_swap_bios(raw, value)
  }

  /// Makes device mapper account a bio that the target keeps as started when the target submits it,
  /// and not when `map` returns. The library sets this for every target with flush bios, or with
  /// several bios for each discard, secure erase or write of zeroes.
  public borrowing func setAccountsRemappedIO(_ value: Bool = true) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_accounts_remapped_io(raw, value)
  }

  /// Lets device mapper send flushes to the devices without calling the target (6.11 and later).
  public borrowing func setFlushBypassesMap(_ value: Bool = true) {
    // SAFETY: `ctr` may set the fields of the target, which stays for the call that lends this
    // value.
    unsafe apus_dm_set_flush_bypasses_map(raw, value)
  }

  private static func number(_ count: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: min(max(count, 0), 65536))
  }
}

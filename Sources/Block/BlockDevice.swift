// SPDX-License-Identifier: GPL-2.0-only
// Another block device, which this driver does its I/O on.
// C header: include/linux/blkdev.h (struct block_device)

internal import CKernel
public import Kernel

/// An open block device. Its end waits for the bios on their way to it, and closes it.
///
/// The device may go away meanwhile: bios to it end with an I/O error then, and this value stays what it is.
///
/// Invariant: `core` has an open device until `deinit`; each bio that was submitted to it is one of the gate's users.
@safe
public struct BlockDevice: ~Copyable, @unchecked Sendable {
  private let core: HeapBox<apus_device>

  /// What a device is opened for.
  public enum Access: Sendable {
    /// To read.
    case read
    /// To read and write.
    case readWrite

    var isWritable: Bool {
      switch self {
      case .read: false
      case .readWrite: true
      }
    }
  }

  /// Opens a device by its path. Whitespace around the path is not part of it. The corresponding C functions are
  /// `bdev_file_open_by_path` and, in older kernels, `blkdev_get_by_path`.
  ///
  /// - Parameters:
  ///   - path: of a device's node, such as /dev/sda1.
  ///   - access: what for.
  ///   - isExclusive: whether nobody else may hold it meanwhile: no file system, no other stacked device. (A program may
  ///     still open its node.)
  ///
  /// Throws: the kernel's reason: `noSuchFile`, `notABlockDevice`, `noSuchDeviceOrAddress`, `busy` if it is held,
  /// `permissionDenied` if it is to be written to and is read-only; `outOfMemory`.
  /// Context: may sleep.
  public init(path: borrowing CString, access: Access = .readWrite, isExclusive: Bool = true) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it what it is.
    let box = try unsafe HeapBox(apus_device(), .kernel)
    // SAFETY: the memory is ours and does not move; the path ends with a NUL, and is only read during the call.
    let result = unsafe path.withCharacters { text in
      unsafe apus_device_open(box.address, text, Int(PATH_MAX), access.isWritable, isExclusive)
    }
    try Errno.check(result)
    // INVARIANT: open from here on.
    unsafe core = box
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  /// As above, by a path that was kept.
  public init<let capacity: Int>(
    path: ShortText<capacity>, access: Access = .readWrite, isExclusive: Bool = true
  ) throws(Errno) {
    // SAFETY: all zeroes, until the next call makes it what it is.
    let box = try unsafe HeapBox(apus_device(), .kernel)
    // SAFETY: the memory is ours and does not move; the path has as many bytes, and is only read during the call.
    let result = unsafe path.withCharacters { text, count in
      unsafe apus_device_open(box.address, text, count, access.isWritable, isExclusive)
    }
    try Errno.check(result)
    // INVARIANT: open from here on.
    unsafe core = box
    // SAFETY: taken back in `deinit`.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the type's invariant; nobody submits any more, since submitting borrows this value.
    unsafe apus_gate_close(&core.address.pointee.gate)
    // The callbacks run as readers of RCU: the last of them has returned after this.
    RCU.synchronize()
    // SAFETY: the type's invariant; this is the one end.
    unsafe apus_device_close(core.address)
    // SAFETY: no callback of a bio to this device runs any more.
    unsafe apus_unregistered()
  }

  /// The structure, for what submits bios.
  @unsafe
  package var raw: UnsafeMutableRawPointer {
    // SAFETY: the caller borrows this value.
    unsafe UnsafeMutableRawPointer(core.address)
  }

  /// The size: 0 for a device that is gone. The corresponding C function is `bdev_nr_sectors`.
  ///
  /// Context: any.
  public var capacity: Sector {
    // SAFETY: the type's invariant.
    Sector(unsafe apus_device_sectors(core.address))
  }

  /// Whether it can only be read, at this moment. The corresponding C function is `bdev_read_only`.
  ///
  /// Context: any.
  public var isReadOnly: Bool {
    // SAFETY: the type's invariant.
    unsafe apus_device_read_only(core.address)
  }

  /// Whether both are the same device.
  public borrowing func isSame(as other: borrowing BlockDevice) -> Bool {
    // SAFETY: the type's invariant.
    unsafe apus_device_number(core.address) == apus_device_number(other.core.address)
  }

  /// Writes the device's name, such as `sda1`.
  ///
  /// Context: any.
  public borrowing func writeName(to writer: inout TextWriter) {
    var text = InlineArray<32, CChar>(repeating: 0)
    var span = text.mutableSpan
    // SAFETY: the array has as many bytes as are said, and a NUL ends what was written.
    unsafe span.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe apus_device_name(core.address, start, 32)
      unsafe writer.append(CString(start))
    }
  }

  /// Makes what was written durable, and waits for it. The corresponding C function is `blkdev_issue_flush`.
  ///
  /// Throws: what the device answers, such as `inputOutputError`.
  /// Context: may sleep. Not on the way of I/O: it allocates from a set that others share.
  public borrowing func flush() throws(Errno) {
    // SAFETY: the type's invariant.
    try Errno.check(unsafe apus_device_flush(core.address))
  }

  /// What a disk can promise that lies on this device from a sector on. The corresponding C function is `blk_stack_limits`.
  ///
  /// Context: any.
  public borrowing func limits(from start: Sector) -> StackedLimits {
    var raw = apus_stacked_limits()
    // SAFETY: the type's invariant.
    unsafe apus_device_stack(core.address, start.count, &raw)
    return StackedLimits(raw)
  }
}

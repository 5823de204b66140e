// SPDX-License-Identifier: GPL-2.0-only
// Another block device, which this driver submits I/O to.
// C header: include/linux/blkdev.h (struct block_device)

internal import CKernel
public import Kernel

/// An open block device. Destroying the value waits for the bios in flight to the device, and
/// closes it. It must therefore be destroyed where the caller may sleep, and not in the handler of
/// a bio. A value that is destroyed elsewhere leaves the device open and the module loaded, and the
/// library logs an error.
///
/// The device may be removed in the meantime. Bios to it then complete with an I/O error, and this
/// value remains valid.
///
/// Invariant: `device` has an open device until `deinit`; its in-flight count includes each bio
/// that was submitted to it.
///
/// ```swift
/// /// The range of another device on which a disk lies.
/// struct LowerRange: ~Copyable, Sendable {
///   let device: BlockDevice
///   let start: Sector
///   let length: Sector
///
///   init(path: borrowing CString, from start: Sector) throws(Errno) {
///     let device = try BlockDevice(path: path)
///     let end = device.capacity
///     guard start < end else { throw .invalidArgument }
///     length = Sector(end.count &- start.count)
///     self.start = start
///     self.device = device
///   }
///
///   var limits: DiskLimits { DiskLimits(stackedOn: device.limits(from: start)) }
///
///   /// Where a sector of the disk lies.
///   func place(of sector: Sector) -> Sector { Sector(start.count &+ sector.count) }
/// }
/// ```
@safe
public struct BlockDevice: ~Copyable, @unchecked Sendable {
  private let device: UnsafeMutablePointer<apus_device>

  /// The access that a device is opened for.
  public enum Access: Sendable {
    /// Reading only.
    case read
    /// Reading and writing.
    case readWrite

    var isWritable: Bool {
      switch self {
      case .read: false
      case .readWrite: true
      }
    }
  }

  /// Opens a device by its path. White space around the path is ignored. The corresponding C
  /// functions are `bdev_file_open_by_path` and, in older kernels, `blkdev_get_by_path`.
  ///
  /// - Parameters:
  ///   - path: the path of the device's node, such as /dev/sda1.
  ///   - access: the access to open it for.
  ///   - isExclusive: whether no other holder may claim the device meanwhile, such as a file system
  ///     or another stacked device. (A program may still open its node.)
  ///
  /// Throws: the kernel's reason: `noSuchFileOrDirectory`, ENOTBLK, `noSuchDeviceOrAddress`, `busy`
  /// if another holder has claimed it, `accessDenied` if it is opened for writing and is read-only;
  /// `outOfMemory`; `tryAgain` within a submission, since the kernel may read the partition table.
  /// Context: may sleep.
  public init(path: borrowing CString, access: Access = .readWrite, isExclusive: Bool = true)
    throws(Errno)
  {
    // SAFETY: all zeroes; the next call initialises it.
    let box = try unsafe HeapBox(apus_device(), .kernel)
    // SAFETY: this call owns the memory, which does not move; the path ends in a NUL, and is only
    // read during the call.
    let result = unsafe path.withCharacters { text in
      unsafe apus_device_open(box.address, text, Int(PATH_MAX), access.isWritable, isExclusive)
    }
    try Errno.check(result)
    // INVARIANT: the device is open from here on.
    unsafe device = box.take()
    // SAFETY: `deinit` takes the registration back.
    unsafe apus_registered()
  }

  /// Opens a device by a stored path, as the initialiser above.
  public init<let capacity: Int>(
    path: ShortText<capacity>, access: Access = .readWrite, isExclusive: Bool = true
  ) throws(Errno) {
    // SAFETY: all zeroes; the next call initialises it.
    let box = try unsafe HeapBox(apus_device(), .kernel)
    // SAFETY: this call owns the memory, which does not move; the path has `count` bytes, and is
    // only read during the call.
    let result = unsafe path.withCharacters { text, count in
      unsafe apus_device_open(box.address, text, count, access.isWritable, isExclusive)
    }
    try Errno.check(result)
    // INVARIANT: the device is open from here on.
    unsafe device = box.take()
    // SAFETY: `deinit` takes the registration back.
    unsafe apus_registered()
  }

  deinit {
    // SAFETY: the call only reads the state of the current task.
    guard unsafe apus_may_wait_for_io() else {
      log(
        .error,
        "a block device is closed where that cannot wait, in the end or the submission of a bio or under a lock; it stays open until the module ends"
      )
      // SAFETY: this value has the device to itself. The list closes it when the module ends.
      return unsafe apus_device_leave(device)
    }
    // SAFETY: the type's invariant; submitting borrows this value, so there are no more
    // submissions. The memory came from a box, and the call takes the registration back.
    unsafe apus_device_end(device)
  }

  /// The C structure, for the code that submits bios.
  @unsafe
  package var raw: UnsafeMutableRawPointer {
    // SAFETY: the caller borrows this value.
    unsafe UnsafeMutableRawPointer(device)
  }

  /// The size of the device; 0 if it has been removed. The corresponding C function is
  /// `bdev_nr_sectors`.
  ///
  /// Context: any.
  public var capacity: Sector {
    // SAFETY: the device is open until `deinit`, so its `struct block_device` exists.
    Sector(unsafe apus_device_sectors(device))
  }

  /// Whether the device is read-only at this moment. The corresponding C function is
  /// `bdev_read_only`.
  ///
  /// Context: any.
  public var isReadOnly: Bool {
    // SAFETY: the device is open until `deinit`, so its `struct block_device` exists.
    unsafe apus_device_read_only(device)
  }

  /// Whether both values are the same device.
  public borrowing func isSame(as other: borrowing BlockDevice) -> Bool {
    // SAFETY: both devices are open until their values end, and both values are borrowed.
    unsafe apus_device_number(device) == apus_device_number(other.device)
  }

  /// Writes the device's name, such as `sda1`.
  ///
  /// Context: any.
  public borrowing func writeName(to writer: inout TextWriter) {
    var text = InlineArray<32, CChar>(repeating: 0)
    var span = text.mutableSpan
    // SAFETY: the array has the 32 bytes that C is told of, and a NUL ends the text that C writes.
    unsafe span.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe apus_device_name(device, start, 32)
      unsafe writer.append(CString(start))
    }
  }

  /// Makes completed writes durable, and waits for it. The corresponding C function is
  /// `blkdev_issue_flush`.
  ///
  /// Throws: the device's error, such as `ioError`; `tryAgain` within a submission (a target's
  /// `map`, `submit` of a driver of bios, `queue` where the submitter's task dispatches): the
  /// flush would start only when the submission has returned.
  /// Context: may sleep.
  public borrowing func flush() throws(Errno) {
    // SAFETY: the device is open until `deinit`, so its `struct block_device` exists.
    try Errno.check(unsafe apus_device_flush(device))
  }

  /// The limits of a disk that lies on this device from a sector on. The corresponding C function
  /// is `blk_stack_limits`.
  ///
  /// Context: any.
  public borrowing func limits(from start: Sector) -> StackedLimits {
    var raw = apus_stacked_limits()
    // SAFETY: the device is open until `deinit`, so its `struct block_device` exists. `raw` is a
    // variable of this call.
    unsafe apus_device_stack(device, start.count, &raw)
    return StackedLimits(raw)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The optional operations of a target.
// C header: include/linux/device-mapper.h (struct target_type)

internal import CKernel
public import Block
public import Kernel

/// A target that maps bios.
public protocol MapOperation: Target, ~Copyable {
  /// Decides what happens to a bio, which the target owns from here on. The target sends it on,
  /// ends it, keeps it, or requeues it.
  ///
  /// Context: may sleep, unless the bio must not wait (`OperationFlags.noWait`, for targets with
  /// `TargetFeatures.noWait`). Runs concurrently on many CPUs. The corresponding C callback is
  /// `map`.
  borrowing func map(_ bio: consuming TargetBio<Self>, in target: borrowing MapContext)
    -> MapResult<Self>
}

/// A target that maps requests, to devices with a request queue.
public protocol MapRequestOperation: Target, ~Copyable {
  /// Decides what happens to a request.
  ///
  /// Context: must not sleep; runs concurrently on many CPUs. The corresponding C callbacks are
  /// `clone_and_map_rq` and `release_clone_rq`.
  borrowing func mapRequest(_ request: borrowing MappedRequest, in target: borrowing TargetContext)
    -> MapRequestResult
}

/// A target that is called when its bios end.
public protocol EndOperation: Target, ~Copyable {
  /// A bio has ended, on a device below or by this target.
  ///
  /// Context: interrupt, or the task that ended it; must not sleep. The corresponding C callback is
  /// `end_io`.
  borrowing func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in target: borrowing TargetContext
  ) -> EndResult
}

/// A target that is called when the clones of its requests complete.
public protocol EndRequestOperation: Target, ~Copyable {
  /// The clone of a request has completed.
  ///
  /// Context: softirq; must not sleep. The corresponding C callback is `rq_end_io`.
  borrowing func requestEnded(_ status: BlockStatus, in target: borrowing TargetContext)
    -> EndRequestResult
}

/// A target that prepares for a suspend.
public protocol WillSuspendOperation: Target, ~Copyable {
  /// The mapped device is about to be suspended. The target submits or ends the bios that it keeps.
  ///
  /// Context: may sleep. The corresponding C callback is `presuspend`.
  borrowing func willSuspend(in target: borrowing TargetContext)
}

/// A target that is called when a suspend is cancelled.
public protocol SuspendCancelledOperation: Target, ~Copyable {
  /// Device mapper cancelled the suspend after `willSuspend`.
  ///
  /// Context: may sleep. The corresponding C callback is `presuspend_undo`.
  borrowing func suspendCancelled(in target: borrowing TargetContext)
}

/// A target that is called when it has been suspended.
public protocol DidSuspendOperation: Target, ~Copyable {
  /// The mapped device is suspended: none of its bios is in flight.
  ///
  /// Context: may sleep. The corresponding C callback is `postsuspend`.
  borrowing func didSuspend(in target: borrowing TargetContext)
}

/// A target that can refuse to be resumed.
public protocol WillResumeOperation: Target, ~Copyable {
  /// The mapped device is about to be resumed. If this throws, the resume fails.
  ///
  /// Context: may sleep. The corresponding C callback is `preresume`.
  borrowing func willResume(in target: borrowing TargetContext) throws(Errno)
}

/// A target that is called when it has been resumed.
public protocol DidResumeOperation: Target, ~Copyable {
  /// The mapped device is resumed.
  ///
  /// Context: may sleep. The corresponding C callback is `resume`.
  borrowing func didResume(in target: borrowing TargetContext)
}

/// A target with a status.
public protocol StatusOperation: Target, ~Copyable {
  /// Writes the status. Text that does not fit is cut off; device mapper then asks again with a
  /// larger buffer.
  ///
  /// Context: may sleep. The corresponding C callback is `status`.
  borrowing func status(
    _ request: StatusRequest, to writer: inout TextWriter, in target: borrowing TargetContext)
}

/// A target that takes messages.
public protocol MessageOperation: Target, ~Copyable {
  /// Handles a message, which has at least one word. The sender reads the text that is written to
  /// `reply`.
  ///
  /// Throws: the error that the sender gets.
  /// Context: may sleep; several messages may run concurrently. The corresponding C callback is
  /// `message`.
  borrowing func message(
    _ arguments: inout Arguments, reply: inout TextWriter, in target: borrowing TargetContext
  ) throws(Errno)
}

/// A target that may pass ioctls to a device below.
public protocol PrepareIoctlOperation: Target, ~Copyable {
  /// Names the device that an ioctl goes to: `route.pass(to:isWhole:)`. Without that call, the
  /// ioctl fails with ENOTTY.
  ///
  /// Throws: the error that the caller of the ioctl gets.
  /// Context: may sleep. The corresponding C callback is `prepare_ioctl`.
  borrowing func prepareIoctl(_ route: borrowing IoctlRoute, in target: borrowing TargetContext)
    throws(Errno)
}

/// A target with zones.
public protocol ReportZonesOperation: Target, ~Copyable {
  /// Reports zones from `report.next` on, with `report.forward`: at least one.
  ///
  /// Context: may sleep. The corresponding C callback is `report_zones`.
  borrowing func reportZones(_ report: borrowing ZoneReport, in target: borrowing TargetContext)
    throws(Errno)
}

/// A target that can report that it is busy.
public protocol BusyOperation: Target, ~Copyable {
  /// Whether the target would requeue a request that arrived now.
  ///
  /// Context: must not sleep. The corresponding C callback is `busy`.
  borrowing func isBusy(in target: borrowing TargetContext) -> Bool
}

/// A target on other devices.
public protocol VisitDevicesOperation: Target, ~Copyable {
  /// Shows each range of a device that the target lies on to `visitor`. Device mapper uses the
  /// ranges to stack limits, and to find out what the devices support.
  ///
  /// The library calls this once, after `init` has made the target, and gives device mapper the
  /// same ranges each time it asks.
  ///
  /// Context: may sleep. The corresponding C callback is `iterate_devices`.
  borrowing func visitDevices(
    _ visitor: borrowing DeviceVisitor, in target: borrowing TargetContext)
}

/// A target with limits of its own.
public protocol AdjustLimitsOperation: Target, ~Copyable {
  /// Changes the mapped device's limits, after they were stacked from the devices below.
  ///
  /// Context: may sleep. The corresponding C callback is `io_hints`.
  borrowing func adjustLimits(_ limits: borrowing TargetLimits, in target: borrowing TargetContext)
}

/// A target whose devices may be persistent memory, which file systems access directly
/// (`mount -o dax`).
public protocol MapDirectAccessOperation: Target, ~Copyable {
  /// Sets the place of a range: `access.pass(to:at:)`. Without that call, the access fails with
  /// EIO.
  ///
  /// A mapped device supports direct access if all its targets implement this and `visitDevices`,
  /// and if all devices that they show support direct access.
  ///
  /// Throws: the error of the access: a `read` fails with it, a process that touches mapped memory
  /// gets SIGBUS.
  /// Context: must not sleep; runs concurrently on many CPUs. The corresponding C callbacks are
  /// `direct_access`, `dax_zero_page_range` and `dax_recovery_write`.
  borrowing func mapDirectAccess(
    _ access: borrowing DirectAccess, in target: borrowing TargetContext) throws(Errno)
}

/// A target that sends bios to several places, with an `IOClient`.
public protocol RegionsEndOperation: Target, ~Copyable {
  /// The I/O of a bio that was passed to `IOClient.submit` has completed at all places. The target
  /// owns the bio again, and ends it or submits it elsewhere (in a context that may sleep).
  ///
  /// - Parameters:
  ///   - bio: the bio, as it was when it was submitted.
  ///   - errors: the places at which the I/O failed.
  ///
  /// Context: interrupt, or the task that submitted; must not sleep. The corresponding C callback
  /// is `io_notify_fn`.
  borrowing func regionsEnded(
    _ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext)

  /// The C callback; written by `@DeviceMapperTarget`.
  @unsafe static var regionsCallback: RegionsCallback<Self> { get }
}

/// The C callback for one type of target: `io_notify_fn`. Making one requires `unsafe`, and the
/// callback of another target has another type.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Driver`.
@safe
public struct RegionsCallback<Driver: RegionsEndOperation & ~Copyable> {
  /// The type of the C callback: the bits of the failed places, and the context. The corresponding
  /// C type is `io_notify_fn`.
  public typealias Function = @convention(c) (UInt, UnsafeMutableRawPointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// A request for a target's status.
public struct StatusRequest: Sendable {
  /// The kind of a status. (This is not an enum, because the compiler emits a trap in its `switch`
  /// for values that cannot occur.)
  public struct Kind: Equatable, Sendable {
    let rawValue: UInt32

    init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The state of the target: `dmsetup status`.
    public static var information: Kind { Kind(APUS_DM_STATUS_INFO.rawValue) }
    /// The table line, from which the same target can be made: `dmsetup table`.
    public static var table: Kind { Kind(APUS_DM_STATUS_TABLE.rawValue) }
    /// The measurement for the integrity subsystem (IMA), if it is enabled.
    public static var measurement: Kind { Kind(APUS_DM_STATUS_IMA.rawValue) }

    /// Whether both are the same kind.
    public static func == (left: Kind, right: Kind) -> Bool { left.rawValue == right.rawValue }
  }

  /// The kind of status that is wanted. The corresponding C type is `status_type_t`.
  public let kind: Kind

  /// Whether the target must not write out cached data before it reports:
  /// `dmsetup status --noflush`.
  public let isWithoutFlush: Bool
}

/// Receives the devices of a target.
///
/// Invariant: `raw` is the target, `devices` its list, and `result` the adapter's result; all stay
/// for the call.
@safe
public struct DeviceVisitor: ~Copyable, ~Escapable {
  private let raw: UnsafeMutablePointer<dm_target>
  private let devices: UnsafeMutablePointer<apus_dm_devices>
  private let result: UnsafeMutablePointer<CInt>

  @_lifetime(immortal) @unsafe
  init(
    _ raw: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>,
    _ result: UnsafeMutablePointer<CInt>
  ) {
    // INVARIANT: the adapter keeps them for the call.
    unsafe self.raw = raw
    unsafe self.devices = devices
    unsafe self.result = result
  }

  /// Shows a range of a device of the target. A device of another target is ignored.
  ///
  /// If a target shows both zoned and other devices, the library refuses the table.
  public borrowing func visit(
    _ device: borrowing UnderlyingDevice, from start: Sector, length: Sector
  ) {
    // SAFETY: the type's invariant; the device belongs to the target, and so is open as long as the
    // target.
    if unsafe result.pointee != 0 || !apus_dm_is_of(device.raw, raw) { return }
    unsafe result.pointee = apus_dm_add_range(devices, device.raw, start.count, length.count)
  }
}

/// The route of an ioctl.
///
/// Invariant: `result` is where the `prepare_ioctl` of `target` writes a device, and `answer` is
/// the value that it returns; all stay for the call.
@safe
public struct IoctlRoute: ~Copyable, ~Escapable {
  private let target: UnsafeMutablePointer<dm_target>
  private let result: UnsafeMutableRawPointer
  private let answer: UnsafeMutablePointer<CInt>

  @_lifetime(immortal) @unsafe
  init(
    _ target: UnsafeMutablePointer<dm_target>, _ result: UnsafeMutableRawPointer,
    _ answer: UnsafeMutablePointer<CInt>
  ) {
    // INVARIANT: the adapter keeps them for the call.
    unsafe self.target = target
    unsafe self.result = result
    unsafe self.answer = answer
  }

  /// Sends the ioctl to a device of the target. A device of another target is ignored.
  ///
  /// - Parameter isWhole: whether the target covers the whole device, so that every ioctl may pass.
  ///   Otherwise only a caller with the right to raw I/O may send it.
  public borrowing func pass(to device: borrowing UnderlyingDevice, isWhole: Bool) {
    // SAFETY: the type's invariant; the device belongs to the target, and stays as long as the
    // target, which device mapper keeps for the ioctl.
    guard unsafe apus_dm_is_of(device.raw, target) else { return }
    unsafe apus_dm_route_ioctl(result, device.raw)
    unsafe answer.pointee = isWhole ? 0 : 1
  }
}

/// A zone report in progress.
///
/// Invariant: `raw` is the library's part of a report of `target`, for the duration of the call;
/// `end` is the number of zones that the report has room for, including those reported before the
/// call.
@safe
public struct ZoneReport: ~Copyable, ~Escapable {
  private let target: UnsafeMutablePointer<dm_target>
  private let raw: UnsafeMutablePointer<apus_dm_zones>
  private let end: UInt32

  @_lifetime(immortal) @unsafe
  init(
    _ target: UnsafeMutablePointer<dm_target>, _ raw: UnsafeMutablePointer<apus_dm_zones>,
    _ count: UInt32
  ) {
    // INVARIANT: the adapter keeps them for the call.
    unsafe self.target = target
    unsafe self.raw = raw
    unsafe end = apus_dm_zones_reported(raw) &+ count
  }

  /// The sector of the mapped device at which the report continues.
  public var next: Sector {
    // SAFETY: `raw` is the library's part of the report, which stays for the call.
    Sector(unsafe apus_dm_zones_next(raw))
  }

  /// Makes a device below report zones, at most as many as the report has room for in total over
  /// all calls. The corresponding C function is `dm_report_zones`.
  ///
  /// Each zone must be the next one of the mapped device and lie within the target. Any other zone
  /// ends the report, whatever `reportZones` does then: the caller of the report gets EIO.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - start: the sector of the device at which the target begins.
  ///   - sector: the sector of the device at which the report continues.
  ///
  /// Throws: the error of the device; `noSuchDevice` for a device that does not belong to the
  /// target; `ioError` for an invalid zone, and in every call after it.
  /// Context: may sleep.
  public borrowing func forward(
    to device: borrowing UnderlyingDevice, start: Sector, from sector: Sector
  ) throws(Errno) {
    // SAFETY: the type's invariant; the device belongs to the target, and so is open for the call.
    guard unsafe apus_dm_is_of(device.raw, target) else { throw .noSuchDevice }
    // SAFETY: the type's invariant. The kernel only counts the zones that it reports, and has room
    // for no more than `end`.
    let left = unsafe end &- apus_dm_zones_reported(raw)
    guard left > 0, left <= end else { return }
    // SAFETY: the type's invariant, and the device's.
    try Errno.check(unsafe apus_dm_report_zones(raw, device.raw, start.count, sector.count, left))
  }
}

/// The limits of a mapped device that is being set up.
///
/// Invariant: `raw` is the `struct queue_limits` that `io_hints` was called with, for the duration
/// of the call.
@safe
public struct TargetLimits: ~Copyable, ~Escapable {
  private let raw: UnsafeMutableRawPointer

  @_lifetime(immortal) @unsafe
  init(_ raw: UnsafeMutableRawPointer) {
    // INVARIANT: the adapter keeps it for the call.
    unsafe self.raw = raw
  }

  /// Sets the largest discard in sectors, at most 32 bits, and the discard granularity in bytes,
  /// from 512 to 1 GiB. A number beyond these limits is replaced by the nearest one: 6.1 divides
  /// discards by the granularity in sectors.
  public borrowing func setDiscard(largest: Sector, granularity: Int) {
    let unit = Swift.max(512, Self.unit(granularity))
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_discard(raw, Self.word(largest.count), unit)
  }

  /// Sets the smallest and the optimal size of a transfer, in bytes. The smallest size is at most 1
  /// GiB, the optimal size at most 32 bits. A larger number is replaced by the maximum. The
  /// corresponding C fields are `io_min` and `io_opt`.
  public borrowing func setTransferSizes(smallest: Int, best: Int) {
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_io(raw, Self.unit(smallest), Self.word(best))
  }

  /// Sets the smallest size of a transfer in bytes, at most 1 GiB; the optimal size does not
  /// change. A larger number is replaced by the maximum. The corresponding C field is `io_min`.
  public borrowing func setSmallestTransfer(_ byteCount: Int) {
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_smallest_io(raw, Self.unit(byteCount))
  }

  /// Sets the chunk size: no transfer crosses a multiple of it. The corresponding C field is
  /// `chunk_sectors`.
  public borrowing func setChunk(_ length: Sector) {
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_chunk(raw, Self.word(length.count))
  }

  /// Sets the largest transfer, at least one page.
  ///
  /// Throws: `invalidArgument` for less than a page; nothing has changed then.
  public borrowing func setLargestTransfer(_ length: Sector) throws(Errno) {
    guard length.count >= UInt64(pageSize) >> Sector.shift else { throw .invalidArgument }
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_transfer(raw, Self.word(length.count))
  }

  /// Sets the alignment of the start and the end of the memory for I/O, in bytes: a power of two,
  /// at most the page size.
  ///
  /// Throws: `invalidArgument` for another number; nothing has changed then.
  public borrowing func setMemoryAlignment(_ alignment: Int) throws(Errno) {
    guard alignment > 0, alignment <= pageSize, alignment & (alignment &- 1) == 0 else {
      throw .invalidArgument
    }
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_alignment(raw, Self.word(alignment &- 1))
  }

  /// The size of a logical block, in bytes.
  public var logicalBlockSize: Int {
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with.
    Int(unsafe apus_dm_limits_logical_block(raw))
  }

  /// The size of a physical block, in bytes.
  public var physicalBlockSize: Int {
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with.
    Int(unsafe apus_dm_limits_physical_block(raw))
  }

  /// Sets the sizes of the blocks, in bytes: powers of two from 512 on. The logical size is at most
  /// the page size, and not smaller than before. The physical size is at least the logical one, and
  /// at most 1 GiB.
  ///
  /// Throws: `invalidArgument` for other sizes; nothing has changed then.
  public borrowing func setBlockSizes(logical: Int, physical: Int) throws(Errno) {
    guard logical >= Swift.max(512, logicalBlockSize), logical <= pageSize,
      logical & (logical &- 1) == 0,
      physical >= logical, physical <= 1 << 30, physical & (physical &- 1) == 0
    else { throw .invalidArgument }
    // SAFETY: `raw` is the `struct queue_limits` that `io_hints` was called with and may change.
    unsafe apus_dm_limits_set_blocks(raw, Self.word(logical), Self.word(physical))
  }

  /// Limits a unit to 1 GiB, because the block layer adds to units in 32 bits and divides by the
  /// sum (`blk_stack_limits`).
  private static func unit(_ bytes: Int) -> UInt32 { Swift.min(word(bytes), 1 << 30) }

  private static func word(_ number: some FixedWidthInteger) -> UInt32 { UInt32(clamping: number) }
}

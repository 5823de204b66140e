// SPDX-License-Identifier: GPL-2.0-only
// The table of callbacks for device mapper.
// C header: include/linux/device-mapper.h (struct target_type)

/// The C table of a target type. Its fields are those of a `struct target_type` (asserted in
/// CKernel/dm.h). The entry of an operation that a target does not implement is null.
///
/// The macro `@DeviceMapperTarget` writes it as constant data inside the target's type; a driver
/// does not use it. Registration fills in the name, version, features and module. Making a table
/// requires `unsafe`, and the table of another target has another type.
@safe
public struct TargetTable<Driver: Target & ~Copyable> {
  /// A pointer that device mapper passes, for example to the target, a bio or a buffer.
  public typealias Raw = UnsafeMutableRawPointer?
  /// Makes a target from its words; returns 0 or a negative error. The corresponding C type is
  /// `dm_ctr_fn`.
  public typealias Construct = @convention(c) (Raw, UInt32, Raw) -> CInt
  /// Is called with the target. The corresponding C callbacks are `dtr`, `presuspend`,
  /// `presuspend_undo`, `postsuspend` and `resume`.
  public typealias OnTarget = @convention(c) (Raw) -> Void
  /// Is called with the target, and returns a number. The corresponding C callbacks are `preresume`
  /// and `busy`.
  public typealias Ask = @convention(c) (Raw) -> CInt
  /// As `Ask`, with one more pointer. The corresponding C callbacks are `map` (the bio) and
  /// `prepare_ioctl` (the place for a `struct block_device *`).
  public typealias AskWithOne = @convention(c) (Raw, Raw) -> CInt
  /// As `Ask`, with two more pointers. The corresponding C callbacks are `end_io` (the bio, its
  /// status) and `iterate_devices` (the callout, its data).
  public typealias AskWithTwo = @convention(c) (Raw, Raw, Raw) -> CInt
  /// Maps a request: the target, the request, the context, and the place for the clone; returns a
  /// `DM_MAPIO_…`. The corresponding C type is `dm_clone_and_map_request_fn`.
  public typealias MapRequest = @convention(c) (Raw, Raw, Raw, Raw) -> CInt
  /// Frees a clone. The corresponding C type is `dm_release_clone_request_fn`.
  public typealias OnClone = @convention(c) (Raw, Raw) -> Void
  /// Is called when a clone has completed, with its status; returns a `DM_ENDIO_…`. The
  /// corresponding C type is `dm_request_endio_fn`.
  public typealias EndRequest = @convention(c) (Raw, Raw, UInt8, Raw) -> CInt
  /// Writes a status to a buffer: the target, the kind, the flags, the buffer and its size in
  /// bytes. The corresponding C type is `dm_status_fn`.
  public typealias Status = @convention(c) (Raw, UInt32, UInt32, Raw, UInt32) -> Void
  /// Handles a message: the target, the words and the buffer for the reply; returns 1 if there is a
  /// reply, 0 if there is none, or a negative error. The corresponding C type is `dm_message_fn`.
  public typealias Message = @convention(c) (Raw, UInt32, Raw, Raw, UInt32) -> CInt
  /// Reports zones: the target, a `struct dm_report_zones_args`, and the number of zones; returns 0
  /// or a negative error. The corresponding C type is `dm_report_zones_fn`.
  public typealias ReportZones = @convention(c) (Raw, Raw, UInt32) -> CInt
  /// Changes a `struct queue_limits` for the target. The corresponding C type is `dm_io_hints_fn`.
  public typealias OnLimits = @convention(c) (Raw, Raw) -> Void
  /// Finds pages: the target, the first page, their number, the access mode, and the places for
  /// address and page frame; returns the number of pages, or a negative error. The corresponding C
  /// type is `dm_dax_direct_access_fn`.
  public typealias DirectAccess = @convention(c) (Raw, UInt, Int, UInt32, Raw, Raw) -> Int
  /// Writes zeroes to pages: the target, the first page and their number; returns 0 or a negative
  /// error. The corresponding C type is `dm_dax_zero_page_range_fn`.
  public typealias ZeroPages = @convention(c) (Raw, UInt, UInt) -> CInt
  /// Writes to pages that are damaged: the target, the page, the address, the number of bytes, and
  /// an `iov_iter`; returns the number of bytes written. The corresponding C type is
  /// `dm_dax_recovery_write_fn`.
  public typealias RecoverWrite = @convention(c) (Raw, UInt, Raw, UInt, Raw) -> UInt

  var features: UInt64
  var name: UnsafePointer<CChar>?
  var module: UnsafeMutableRawPointer?
  var major: UInt32
  var minor: UInt32
  var patch: UInt32
  var construct: Construct?
  var destruct: OnTarget?
  var map: AskWithOne?
  var mapRequest: MapRequest?
  var releaseClone: OnClone?
  var ended: AskWithTwo?
  var requestEnded: EndRequest?
  var willSuspend: OnTarget?
  var suspendCancelled: OnTarget?
  var didSuspend: OnTarget?
  var willResume: Ask?
  var didResume: OnTarget?
  var status: Status?
  var message: Message?
  var prepareIoctl: AskWithOne?
  var reportZones: ReportZones?
  var isBusy: Ask?
  var visitDevices: AskWithTwo?
  var adjustLimits: OnLimits?
  var directAccess: DirectAccess?
  var zeroPages: ZeroPages?
  var recoverWrite: RecoverWrite?
  // The links of device mapper's list of types.
  var next: UnsafeMutableRawPointer?
  var previous: UnsafeMutableRawPointer?
  // The library's part, which `struct apus_dm_type` adds to the `struct target_type`.
  var late: UnsafeMutableRawPointer?

  /// The entries keep the contracts of their callbacks; see `TargetAdapter`.
  @unsafe @inline(__always)
  public init(
    construct: @escaping Construct, destruct: @escaping OnTarget, map: AskWithOne? = nil,
    mapRequest: MapRequest? = nil, releaseClone: OnClone? = nil, ended: AskWithTwo? = nil,
    requestEnded: EndRequest? = nil, willSuspend: OnTarget? = nil,
    suspendCancelled: OnTarget? = nil,
    didSuspend: OnTarget? = nil, willResume: Ask? = nil, didResume: OnTarget? = nil,
    status: Status? = nil,
    message: Message? = nil, prepareIoctl: AskWithOne? = nil, reportZones: ReportZones? = nil,
    isBusy: Ask? = nil,
    visitDevices: AskWithTwo? = nil, adjustLimits: OnLimits? = nil,
    directAccess: DirectAccess? = nil,
    zeroPages: ZeroPages? = nil, recoverWrite: RecoverWrite? = nil
  ) {
    features = 0
    // INVARIANT: the caller's closures keep the contracts.
    unsafe name = nil
    unsafe module = nil
    major = 0
    minor = 0
    patch = 0
    unsafe self.construct = construct
    unsafe self.destruct = destruct
    unsafe self.map = map
    unsafe self.mapRequest = mapRequest
    unsafe self.releaseClone = releaseClone
    unsafe self.ended = ended
    unsafe self.requestEnded = requestEnded
    unsafe self.willSuspend = willSuspend
    unsafe self.suspendCancelled = suspendCancelled
    unsafe self.didSuspend = didSuspend
    unsafe self.willResume = willResume
    unsafe self.didResume = didResume
    unsafe self.status = status
    unsafe self.message = message
    unsafe self.prepareIoctl = prepareIoctl
    unsafe self.reportZones = reportZones
    unsafe self.isBusy = isBusy
    unsafe self.visitDevices = visitDevices
    unsafe self.adjustLimits = adjustLimits
    unsafe self.directAccess = directAccess
    unsafe self.zeroPages = zeroPages
    unsafe self.recoverWrite = recoverWrite
    unsafe next = nil
    unsafe previous = nil
    unsafe late = nil
  }
}

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
  public typealias Raw = UnsafeMutableRawPointer?
  public typealias Construct = @convention(c) (Raw, UInt32, Raw) -> CInt
  public typealias OnTarget = @convention(c) (Raw) -> Void
  public typealias Ask = @convention(c) (Raw) -> CInt
  public typealias AskWithOne = @convention(c) (Raw, Raw) -> CInt
  public typealias AskWithTwo = @convention(c) (Raw, Raw, Raw) -> CInt
  public typealias MapRequest = @convention(c) (Raw, Raw, Raw, Raw) -> CInt
  public typealias OnClone = @convention(c) (Raw, Raw) -> Void
  public typealias EndRequest = @convention(c) (Raw, Raw, UInt8, Raw) -> CInt
  public typealias Status = @convention(c) (Raw, UInt32, UInt32, Raw, UInt32) -> Void
  public typealias Message = @convention(c) (Raw, UInt32, Raw, Raw, UInt32) -> CInt
  public typealias ReportZones = @convention(c) (Raw, Raw, UInt32) -> CInt
  public typealias OnLimits = @convention(c) (Raw, Raw) -> Void
  public typealias DirectAccess = @convention(c) (Raw, UInt, Int, UInt32, Raw, Raw) -> Int
  public typealias ZeroPages = @convention(c) (Raw, UInt, UInt) -> CInt
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
    requestEnded: EndRequest? = nil, willSuspend: OnTarget? = nil, suspendCancelled: OnTarget? = nil,
    didSuspend: OnTarget? = nil, willResume: Ask? = nil, didResume: OnTarget? = nil, status: Status? = nil,
    message: Message? = nil, prepareIoctl: AskWithOne? = nil, reportZones: ReportZones? = nil, isBusy: Ask? = nil,
    visitDevices: AskWithTwo? = nil, adjustLimits: OnLimits? = nil, directAccess: DirectAccess? = nil,
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

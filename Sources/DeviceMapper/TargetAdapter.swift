// SPDX-License-Identifier: GPL-2.0-only
// The C edge: converts the callbacks of the target's table to the target's methods, and their
// results back.
// C header: include/linux/device-mapper.h (struct target_type)

internal import CKernel
internal import Block
internal import Kernel

/// The value that `dm_target.private` points to.
///
/// Invariant: `devices` is the list of the devices that `driver` opened and of the ranges that it
/// showed.
@safe
struct TargetPrivate<Driver: Target & ~Copyable>: ~Copyable {
  let driver: Driver
  var devices: apus_dm_devices

  init(_ driver: consuming Driver, _ devices: apus_dm_devices) {
    // INVARIANT: the adapter made the driver with this list.
    self.driver = driver
    unsafe self.devices = devices
  }
}

/// The functions that the macro's code calls. A driver does not use them.
///
/// The contract of device mapper, for all of them but `construct`: the first argument is a
/// `struct dm_target` whose `ctr` succeeded and whose `dtr` was not called yet, which stays for the
/// call.
public enum TargetAdapter<Driver: Target & ~Copyable> {
  /// A pointer that device mapper passes, for example to the target, a bio or a buffer.
  public typealias Raw = UnsafeMutableRawPointer?

  /// The address of the target's table, which is a static variable and therefore never moves.
  @inline(__always) @unsafe
  public static func address(
    of table: UnsafeMutablePointer<TargetTable<Driver>>
  ) -> UnsafeMutablePointer<TargetTable<Driver>> {
    // SAFETY: the function returns its argument.
    unsafe table
  }

  @inline(__always) @unsafe
  static func instance(_ target: UnsafeMutablePointer<dm_target>) -> UnsafeMutablePointer<
    TargetPrivate<Driver>
  >? {
    // SAFETY: the contract above: `construct` stored the pointer there.
    unsafe apus_dm_private(target)?.assumingMemoryBound(to: TargetPrivate<Driver>.self)
  }

  /// Runs `body` with the driver and its target. Returns `otherwise` if there is none, which device
  /// mapper never causes.
  @inline(__always) @unsafe
  private static func with<Result>(
    _ raw: Raw, otherwise: Result,
    _ body: (borrowing Driver, UnsafeMutablePointer<dm_target>) -> Result
  ) -> Result {
    // SAFETY: the contract of the type.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target)
    else {
      return otherwise
    }
    return unsafe body(instance.pointee.driver, target)
  }

  /// `ctr`.
  ///
  /// Contract of device mapper: a target whose type is the driver's, with its table, begin and
  /// length filled in; `words` are `count` strings that stay for the call.
  @inline(__always) @unsafe
  public static func construct(_ raw: Raw, _ count: UInt32, _ words: Raw) -> CInt {
    // SAFETY: the contract above.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self) else {
      return Errno.invalidArgument.kernelResult
    }
    var devices = unsafe apus_dm_devices()
    do throws(TargetError) {
      if Driver.targetTraits.tracksBios {
        guard MemoryLayout<Driver.BioData>.alignment <= 8, BioLayout<Driver>.size <= 4096 else {
          throw .invalid("The data of a bio is too large")
        }
        // SAFETY: the contract above.
        unsafe apus_dm_set_per_io_data(target, UInt32(truncatingIfNeeded: BioLayout<Driver>.size))
      }
      // SAFETY: the contract above; this call has exclusive use of the target until it returns.
      unsafe apus_dm_keep_room_in_requests(target)
      // SAFETY: `apus_dm_put_devices` frees the list.
      guard unsafe apus_dm_late_make(target, &devices) else {
        throw TargetError(.outOfMemory, "Cannot allocate context")
      }
      // SAFETY: the list stays for the call; its devices are closed below, or when the target has
      // ended.
      let driver = try unsafe make(target, &devices, words, count)
      // SAFETY: as above; the driver has set its numbers of bios.
      unsafe apus_dm_settle_accounts(target)
      guard unsafe !apus_dm_lacks_device(target, &devices) else {
        throw .invalid("A target of requests needs a device")
      }
      let box = try unsafe box(TargetPrivate<Driver>(driver, devices))
      unsafe apus_dm_set_private(target, box.take())
      try unsafe noteRanges(target, &devices)
      return 0
    } catch {
      // SAFETY: the driver's value, if there was one, has been destroyed.
      unsafe apus_dm_put_devices(target, &devices)
      // SAFETY: a literal stays as long as the module, which device mapper holds until it has
      // printed the message.
      unsafe apus_dm_set_error(target, error.message.cString)
      return error.errno.kernelResult
    }
  }

  @inline(__always) @unsafe
  private static func make(
    _ target: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>,
    _ words: Raw,
    _ count: UInt32
  ) throws(TargetError) -> Driver {
    // SAFETY: the caller's contract.
    var arguments = unsafe Arguments(
      UnsafePointer(words?.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)), count: count
    )
    return try unsafe Driver(NewTarget(target, devices), &arguments)
  }

  /// Records the ranges that the driver shows. If this throws, the driver's value has been
  /// destroyed, and `devices` is its list.
  @inline(__always) @unsafe
  private static func noteRanges(
    _ target: UnsafeMutablePointer<dm_target>, _ devices: UnsafeMutablePointer<apus_dm_devices>
  ) throws(TargetError) {
    // SAFETY: the caller's contract: `construct` has stored the instance in the target.
    let result = unsafe apus_dm_note_ranges(target)
    guard result != 0, let instance = unsafe instance(target) else { return }
    unsafe devices.pointee = instance.pointee.devices
    unsafe apus_dm_set_private(target, nil)
    // SAFETY: the instance was taken from its box just before, and no other code uses the target
    // yet.
    _ = unsafe HeapBox(owning: instance)
    if result == Errno.outOfMemory.kernelResult {
      throw TargetError(.outOfMemory, "Cannot allocate context")
    }
    if result == Errno.invalidArgument.kernelResult {
      throw .invalid("Zoned devices beside others")
    }
    throw .invalid("Too many pieces of devices")
  }

  @inline(__always)
  private static func box(_ instance: consuming TargetPrivate<Driver>) throws(TargetError)
    -> HeapBox<
      TargetPrivate<Driver>
    >
  {
    do throws(Errno) {
      return try HeapBox(instance, .kernel)
    } catch {
      throw TargetError(error, "Cannot allocate context")
    }
  }

  /// `dtr`.
  @inline(__always) @unsafe
  public static func destruct(_ raw: Raw) {
    // SAFETY: the contract of the type; device mapper makes no more calls to the target.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target)
    else {
      return
    }
    var devices = unsafe instance.pointee.devices
    // The last bio may have ended in `regionsEnded` while that method still runs, in an RCU
    // read-side critical section.
    if Driver.targetTraits.usesRegions { RCU.synchronize() }
    unsafe apus_dm_set_private(target, nil)
    // SAFETY: `construct` took the instance from its box.
    _ = unsafe HeapBox(owning: instance)
    unsafe apus_dm_put_devices(target, &devices)
  }
}

// The macro's code calls this for a target whose body does not define the data of a bio: it
// compiles only if the target has none.
extension TargetAdapter where Driver: ~Copyable, Driver.BioData == NoBioData {
  /// Does nothing; compiles only for a target without data of a bio.
  @inline(__always)
  public static func hasNoBioData() {}
}

extension TargetAdapter where Driver: MapOperation & ~Copyable {
  /// `map`.
  ///
  /// Contract of device mapper: a bio of the target, which the callback decides about.
  @inline(__always) @unsafe
  public static func map(_ raw: Raw, _ rawBio: Raw) -> CInt {
    // SAFETY: the contract above.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target),
      let rawBio = unsafe rawBio
    else { return CInt(APUS_DM_MAPIO_KILL.rawValue) }
    let bio = unsafe rawBio.assumingMemoryBound(to: CKernel.bio.self)
    // SAFETY: this call owns the bio.
    unsafe apus_dm_bio_mark(bio)
    if Driver.targetTraits.tracksBios {
      // SAFETY: the memory in front of the bio belongs to the target, and is not initialised yet.
      unsafe apus_dm_bio_begin(bio, BioLayout<Driver>.header(bio))
      unsafe BioLayout<Driver>.data(bio).initialize(to: Driver.BioData())
    }
    // SAFETY: the contract above: only this value is made of the bio.
    let result = unsafe instance.pointee.driver.map(
      TargetBio(rawBio, UnsafeMutableRawPointer(target)), in: MapContext(target, rawBio))
    var answer = result.answer
    let submitted = CInt(truncatingIfNeeded: APUS_DM_MAPIO_SUBMITTED.rawValue)
    let isRemapped = answer == CInt(truncatingIfNeeded: APUS_DM_MAPIO_REMAPPED.rawValue)
    guard let returned = result.take() else { return submitted }
    // SAFETY: the result owns the bio that it contains, so the bio is valid.
    guard unsafe returned.pointer == bio, unsafe apus_dm_bio_is_marked(bio) else {
      // SAFETY: the result contains the bio of another call, and is its only owner. The bio of this
      // call has another owner.
      if isRemapped {
        unsafe BioLayout<Driver>.submit(returned)
      } else {
        unsafe BioLayout<Driver>.end(returned.pointer, .ioError)
      }
      return submitted
    }
    if answer == CInt(truncatingIfNeeded: APUS_DM_MAPIO_REQUEUE.rawValue) {
      // SAFETY: as above.
      if unsafe !apus_dm_bio_can_requeue(target, bio) {
        answer = CInt(truncatingIfNeeded: APUS_DM_MAPIO_KILL.rawValue)
      }
    }
    if Driver.targetTraits.tracksBios {
      // SAFETY: this call still owns the bio. Device mapper does not call `end_io` for a bio that
      // is requeued or killed.
      if isRemapped {
        unsafe BioLayout<Driver>.header(bio).pointee.is_taken = 0
      } else {
        unsafe _ = BioLayout<Driver>.data(bio).deinitialize(count: 1)
      }
    }
    return answer
  }
}

extension TargetAdapter where Driver: ~Copyable {
  /// `end_io` of a target with data in its bios that does not implement `ended`.
  @inline(__always) @unsafe
  public static func endedUnseen(_ raw: Raw, _ rawBio: Raw, _ status: Raw) -> CInt {
    // SAFETY: the contract of the type: a bio whose data `map` initialised.
    guard let bio = unsafe rawBio?.assumingMemoryBound(to: bio.self) else {
      return CInt(APUS_DM_ENDIO_DONE.rawValue)
    }
    unsafe _ = BioLayout<Driver>.data(bio).deinitialize(count: 1)
    return CInt(APUS_DM_ENDIO_DONE.rawValue)
  }
}

extension TargetAdapter where Driver: EndOperation & ~Copyable {
  /// `end_io`.
  ///
  /// Contract of device mapper: a bio that `map` did not requeue or kill; `rawStatus` is a
  /// `blk_status_t`.
  @inline(__always) @unsafe
  public static func ended(_ raw: Raw, _ rawBio: Raw, _ rawStatus: Raw) -> CInt {
    // SAFETY: the contract above.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target),
      let bio = unsafe rawBio?.assumingMemoryBound(to: bio.self),
      let status = unsafe rawStatus?.assumingMemoryBound(to: UInt8.self)
    else { return CInt(APUS_DM_ENDIO_DONE.rawValue) }
    var answer = CInt(APUS_DM_ENDIO_DONE.rawValue)
    if unsafe BioLayout<Driver>.header(bio).pointee.is_final == 0 {
      var isTaken = false
      // SAFETY: unlocked below. Within a read-side critical section the method cannot submit I/O,
      // which would return here without end if it failed immediately. The target's table stays
      // until the section ends, even if the method took the bio and it has ended elsewhere
      // meanwhile.
      unsafe apus_rcu_read_lock()
      // SAFETY: the contract above; the flag stays for the call.
      let result = unsafe withUnsafeMutablePointer(to: &isTaken) { flag in
        unsafe instance.pointee.driver.ended(
          EndedBio(bio, UnsafeMutableRawPointer(target), flag),
          BlockStatus(rawValue: status.pointee),
          in: TargetContext(target))
      }
      // SAFETY: locked above.
      unsafe apus_rcu_read_unlock()
      // The bio may have been freed already, if the method took it.
      if isTaken { return CInt(APUS_DM_ENDIO_INCOMPLETE.rawValue) }
      switch result {
      case .done(let outcome): unsafe status.pointee = outcome.rawValue
      case .requeue:
        // SAFETY: the bio is valid, as it was not taken. (Device mapper warns if a bio cannot be
        // requeued.)
        if unsafe apus_dm_bio_can_requeue(target, bio) {
          answer = CInt(APUS_DM_ENDIO_REQUEUE.rawValue)
        } else {
          unsafe status.pointee = BlockStatus.ioError.rawValue
        }
      }
    }
    // SAFETY: the bio and its data end here.
    unsafe _ = BioLayout<Driver>.data(bio).deinitialize(count: 1)
    return answer
  }
}

extension TargetAdapter where Driver: MapRequestOperation & ~Copyable {
  /// `clone_and_map_rq`.
  ///
  /// Contract of device mapper: `rawResult` is where a clone is written.
  @inline(__always) @unsafe
  public static func mapRequest(_ raw: Raw, _ rawRequest: Raw, _ data: Raw, _ rawResult: Raw)
    -> CInt
  {
    // SAFETY: the contract above.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target),
      let request = unsafe rawRequest?.assumingMemoryBound(to: request.self),
      let place = unsafe rawResult
    else { return CInt(APUS_DM_MAPIO_KILL.rawValue) }
    let result = unsafe instance.pointee.driver.mapRequest(
      MappedRequest(request, of: target), in: TargetContext(target))
    switch consume result {
    case .remapped(let clone):
      // SAFETY: the value still owns the clone, and frees it if it is not handed over.
      guard
        unsafe apus_dm_clone_fits(request, clone.raw.assumingMemoryBound(to: CKernel.request.self))
      else {
        return CInt(APUS_DM_MAPIO_KILL.rawValue)
      }
      unsafe apus_dm_give_clone(place, clone.take())
      return CInt(APUS_DM_MAPIO_REMAPPED.rawValue)
    case .requeue: return CInt(APUS_DM_MAPIO_REQUEUE.rawValue)
    case .requeueLater: return CInt(APUS_DM_MAPIO_DELAY_REQUEUE.rawValue)
    case .kill: return CInt(APUS_DM_MAPIO_KILL.rawValue)
    }
  }

  /// `release_clone_rq`.
  @inline(__always) @unsafe
  public static func releaseClone(_ rawClone: Raw, _ data: Raw) {
    // SAFETY: the clone came from `mapRequest`, and is released once.
    guard let clone = unsafe rawClone?.assumingMemoryBound(to: request.self) else { return }
    unsafe apus_dm_free_clone(clone)
  }
}

extension TargetAdapter where Driver: EndRequestOperation & ~Copyable {
  /// `rq_end_io`.
  @inline(__always) @unsafe
  public static func requestEnded(_ raw: Raw, _ clone: Raw, _ status: UInt8, _ data: Raw) -> CInt {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: CInt(APUS_DM_ENDIO_DONE.rawValue)) { driver, target in
      let result = unsafe driver.requestEnded(
        BlockStatus(rawValue: status), in: TargetContext(target))
      // If the clone succeeded, its bios have already completed those of the original
      // (`end_clone_bio`). An original that is requeued would then have no bios, which drivers
      // below do not expect.
      if status == BlockStatus.ok.rawValue { return CInt(APUS_DM_ENDIO_DONE.rawValue) }
      return switch result {
      case .done: CInt(APUS_DM_ENDIO_DONE.rawValue)
      case .requeue: CInt(APUS_DM_ENDIO_REQUEUE.rawValue)
      case .requeueLater: CInt(APUS_DM_ENDIO_DELAY_REQUEUE.rawValue)
      }
    }
  }
}

extension TargetAdapter where Driver: WillSuspendOperation & ~Copyable {
  /// `presuspend`.
  @inline(__always) @unsafe
  public static func willSuspend(_ raw: Raw) {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: ()) { driver, target in
      unsafe driver.willSuspend(in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: SuspendCancelledOperation & ~Copyable {
  /// `presuspend_undo`.
  @inline(__always) @unsafe
  public static func suspendCancelled(_ raw: Raw) {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: ()) { driver, target in
      unsafe driver.suspendCancelled(in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: DidSuspendOperation & ~Copyable {
  /// `postsuspend`.
  @inline(__always) @unsafe
  public static func didSuspend(_ raw: Raw) {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: ()) { driver, target in
      unsafe driver.didSuspend(in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: WillResumeOperation & ~Copyable {
  /// `preresume`.
  @inline(__always) @unsafe
  public static func willResume(_ raw: Raw) -> CInt {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: 0) { driver, target in
      Errno.result { () throws(Errno) in try unsafe driver.willResume(in: TargetContext(target)) }
    }
  }
}

extension TargetAdapter where Driver: DidResumeOperation & ~Copyable {
  /// `resume`.
  @inline(__always) @unsafe
  public static func didResume(_ raw: Raw) {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: ()) { driver, target in
      unsafe driver.didResume(in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: StatusOperation & ~Copyable {
  /// `status`.
  ///
  /// Contract of device mapper: `buffer` has `size` bytes for text that ends in a NUL.
  @inline(__always) @unsafe
  public static func status(
    _ raw: Raw, _ kind: UInt32, _ flags: UInt32, _ buffer: Raw, _ size: UInt32
  ) {
    // SAFETY: the contract above.
    unsafe with(raw, otherwise: ()) { driver, target in
      guard size > 0, let text = unsafe buffer?.assumingMemoryBound(to: UInt8.self) else { return }
      var writer = unsafe TextWriter(text, capacity: Int(size))
      unsafe driver.status(
        StatusRequest(
          kind: StatusRequest.Kind(kind),
          isWithoutFlush: flags & APUS_DM_STATUS_NOFLUSH.rawValue != 0),
        to: &writer,
        in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: MessageOperation & ~Copyable {
  /// `message`.
  ///
  /// Contract of device mapper: `words` are `count` strings, and `buffer` has `size` bytes, which
  /// the sender gets if the result is 1.
  @inline(__always) @unsafe
  public static func message(
    _ raw: Raw, _ count: UInt32, _ words: Raw, _ buffer: Raw, _ size: UInt32
  ) -> CInt {
    // SAFETY: the contract above.
    guard size > 0, let text = unsafe buffer?.assumingMemoryBound(to: UInt8.self) else {
      return Errno.invalidArgument.kernelResult
    }
    // SAFETY: the contract above.
    guard
      let copies = unsafe apus_dm_copy_words(
        count, words?.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self))
    else { return Errno.outOfMemory.kernelResult }
    // SAFETY: the arguments, which refer to the copies, do not leave the call below.
    defer { unsafe apus_dm_free_words(copies) }
    return unsafe with(raw, otherwise: Errno.invalidArgument.kernelResult) { driver, target in
      var arguments = unsafe Arguments(
        UnsafePointer(copies.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)),
        count: count)
      var writer = unsafe TextWriter(text, capacity: Int(size))
      do throws(Errno) {
        try unsafe driver.message(&arguments, reply: &writer, in: TargetContext(target))
        return writer.count > 0 ? 1 : 0
      } catch {
        return error.kernelResult
      }
    }
  }
}

extension TargetAdapter where Driver: PrepareIoctlOperation & ~Copyable {
  /// `prepare_ioctl`.
  ///
  /// Contract of device mapper: `place` is where the callback writes a device.
  @inline(__always) @unsafe
  public static func prepareIoctl(_ raw: Raw, _ place: Raw) -> CInt {
    // SAFETY: the contract above.
    guard let place = unsafe place else { return Errno.invalidArgument.kernelResult }
    return unsafe with(raw, otherwise: Errno.invalidArgument.kernelResult) { driver, target in
      var answer = 0 &- CKernel.ENOTTY
      let result = Errno.result { () throws(Errno) in
        try unsafe driver.prepareIoctl(
          IoctlRoute(target, place, &answer), in: TargetContext(target))
      }
      return result < 0 ? result : answer
    }
  }
}

extension TargetAdapter where Driver: ReportZonesOperation & ~Copyable {
  /// `report_zones`.
  @inline(__always) @unsafe
  public static func reportZones(_ raw: Raw, _ arguments: Raw, _ count: UInt32) -> CInt {
    // SAFETY: the contract of the type; the arguments stay for the call.
    guard let arguments = unsafe arguments else { return Errno.invalidArgument.kernelResult }
    return unsafe with(raw, otherwise: Errno.invalidArgument.kernelResult) { driver, target in
      // SAFETY: the library's part stays for the call. After the call, the callback that it
      // replaced is restored.
      var zones = unsafe apus_dm_zones()
      return unsafe withUnsafeMutablePointer(to: &zones) { zones in
        unsafe apus_dm_zones_begin(zones, target, arguments)
        let answer = Errno.result { () throws(Errno) in
          try unsafe driver.reportZones(ZoneReport(target, zones, count), in: TargetContext(target))
        }
        return unsafe apus_dm_zones_end(zones, answer, count)
      }
    }
  }
}

extension TargetAdapter where Driver: BusyOperation & ~Copyable {
  /// `busy`.
  @inline(__always) @unsafe
  public static func isBusy(_ raw: Raw) -> CInt {
    // SAFETY: the contract of the type.
    unsafe with(raw, otherwise: 0) { driver, target in
      unsafe driver.isBusy(in: TargetContext(target)) ? 1 : 0
    }
  }
}

extension TargetAdapter where Driver: VisitDevicesOperation & ~Copyable {
  /// `iterate_devices`: shows device mapper the ranges that the driver showed when it was made.
  /// Without a callout, which only the library passes, it asks the driver for them.
  ///
  /// Contract of device mapper: `callout` may be called with the target's devices and `data` during
  /// the call.
  @inline(__always) @unsafe
  public static func visitDevices(_ raw: Raw, _ callout: Raw, _ data: Raw) -> CInt {
    // SAFETY: the contract above; the list changes only before device mapper uses the target.
    guard let target = unsafe raw?.assumingMemoryBound(to: dm_target.self),
      let instance = unsafe instance(target)
    else {
      return 0
    }
    if let callout = unsafe callout {
      return unsafe apus_dm_show_ranges(target, &instance.pointee.devices, callout, data)
    }
    var result: CInt = 0
    // SAFETY: `note` is the instance's list, which is beside the driver's value and not within it.
    unsafe withUnsafeMutablePointer(to: &instance.pointee.devices) { note in
      unsafe instance.pointee.driver.visitDevices(
        DeviceVisitor(target, note, &result), in: TargetContext(target))
    }
    return result
  }
}

extension TargetAdapter where Driver: AdjustLimitsOperation & ~Copyable {
  /// `io_hints`.
  @inline(__always) @unsafe
  public static func adjustLimits(_ raw: Raw, _ limits: Raw) {
    // SAFETY: the contract of the type; the limits stay for the call.
    guard let limits = unsafe limits else { return }
    unsafe with(raw, otherwise: ()) { driver, target in
      unsafe driver.adjustLimits(TargetLimits(limits), in: TargetContext(target))
    }
  }
}

extension TargetAdapter where Driver: MapDirectAccessOperation & ~Copyable {
  /// Asks the driver where pages of the mapped device lie, and checks the answer. Returns the
  /// number of pages that lie there in a row, at least 1, or a negative error.
  @inline(__always) @unsafe
  private static func find(
    _ raw: Raw, page: UInt, count: Int, _ place: UnsafeMutablePointer<apus_dm_place>
  ) -> Int {
    let outside = Int(Errno.ioError.kernelResult)
    // SAFETY: the contract of the type; the caller keeps `place` for the call.
    return unsafe with(raw, otherwise: outside) { driver, target in
      let perPage = UInt64(APUS_DM_SECTORS_PER_PAGE.rawValue)
      let (sector, isBeyond) = UInt64(page).multipliedReportingOverflow(by: perPage)
      let begin = unsafe apus_dm_begin(target)
      let length = unsafe apus_dm_length(target)
      guard !isBeyond, sector >= begin, sector &- begin < length, count > 0 else { return outside }
      let start = Sector(sector &- begin)
      var left = length &- start.count
      let longest = UInt64(unsafe apus_dm_max_io_len(target))
      if longest > 0 { left = min(left, longest &- start.divided(by: longest).remainder) }
      let pages = min(left / perPage, UInt64(truncatingIfNeeded: count))
      guard pages > 0 else { return outside }
      unsafe place.pointee.target = UnsafeRawPointer(target)
      let answer = Errno.result { () throws(Errno) in
        try unsafe driver.mapDirectAccess(
          DirectAccess(place, start, length: Sector(pages &* perPage)), in: TargetContext(target))
      }
      return answer < 0
        ? Int(answer) : unsafe apus_dm_place_pages(place, Int(truncatingIfNeeded: pages))
    }
  }

  /// `direct_access`.
  ///
  /// Contract of device mapper: `address` and `frame` are null, or where the callback writes the
  /// address and the page frame of the memory.
  @inline(__always) @unsafe
  public static func directAccess(
    _ raw: Raw, _ page: UInt, _ count: Int, _ mode: UInt32, _ address: Raw, _ frame: Raw
  ) -> Int {
    // SAFETY: the contract above; the next call asks for a page of a device that the target has
    // open.
    var place = unsafe apus_dm_place()
    let pages = unsafe find(raw, page: page, count: count, &place)
    return pages < 0 ? pages : unsafe apus_dm_direct_access(&place, pages, mode, address, frame)
  }

  /// `dax_zero_page_range`.
  @inline(__always) @unsafe
  public static func zeroPages(_ raw: Raw, _ page: UInt, _ count: UInt) -> CInt {
    var done: UInt = 0
    while done < count {
      // SAFETY: the contract of the type.
      var place = unsafe apus_dm_place()
      let pages = unsafe find(raw, page: page &+ done, count: 1, &place)
      if pages < 0 { return CInt(truncatingIfNeeded: pages) }
      let answer = unsafe apus_dm_zero_page(&place)
      if answer < 0 { return answer }
      done &+= 1
    }
    return 0
  }

  /// `dax_recovery_write`.
  ///
  /// Contract of device mapper: `address` is the one that `directAccess` returned for this page, or
  /// an address in that page; `source` is an `iov_iter` with `count` bytes.
  @inline(__always) @unsafe
  public static func recoverWrite(
    _ raw: Raw, _ page: UInt, _ address: Raw, _ count: UInt, _ source: Raw
  ) -> UInt {
    // SAFETY: the contract above; the write does not exceed the pages that were found.
    var place = unsafe apus_dm_place()
    let offset = UInt(bitPattern: address) & ~pageMask
    let (end, isBeyond) = offset.addingReportingOverflow(count)
    guard !isBeyond, let end = pageAlign(end) else { return 0 }
    let pages = unsafe find(
      raw, page: page, count: Int(truncatingIfNeeded: end &>> UInt(pageShift)), &place)
    guard pages > 0 else { return 0 }
    let room = UInt(bitPattern: pages) &<< UInt(pageShift) &- offset
    return unsafe apus_dm_recover_write(&place, address, min(count, room), source)
  }
}

extension TargetAdapter where Driver: RegionsEndOperation & ~Copyable {
  /// `io_notify_fn`.
  ///
  /// Contract of dm-io and of `IOClient.submit`: a bio of the target, which the callback owns from
  /// here on.
  @inline(__always) @unsafe
  public static func regionsEnded(_ errors: UInt, _ rawBio: Raw) {
    // SAFETY: unlocked below. Destroying the target waits for a grace period: the bio may end
    // before the method returns, and nothing else keeps the target then.
    unsafe apus_rcu_read_lock()
    // SAFETY: locked above.
    defer { unsafe apus_rcu_read_unlock() }
    // SAFETY: the contract above.
    guard let rawBio = unsafe rawBio else { return }
    let header = unsafe BioLayout<Driver>.header(rawBio.assumingMemoryBound(to: bio.self))
    guard let client = unsafe header.pointee.client, let rawTarget = unsafe header.pointee.target
    else { return }
    // SAFETY: the target is valid, as its bio has not ended.
    unsafe with(rawTarget, otherwise: ()) { driver, target in
      unsafe driver.regionsEnded(
        TargetBio(rawBio, rawTarget), RegionErrors(rawValue: errors, of: Regions.maximumCount),
        in: TargetContext(target))
    }
    // SAFETY: the client's in-flight count included the I/O until here.
    unsafe apus_io_client_left(client)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// Uses the declarations of the libraries that no driver and no test module uses. It is compiled
// like a driver, and never runs. Tests/Surface/run counts the traps in it.

import Block
import BlockMQ
import DeviceMapper
import Kernel
import Synchronization

// --- Kernel ---

func allocationFlags() -> AllocationFlags { .accounted | .noFileSystem | .noRetry }

func booleans() -> (Bool, Bool, Bool, Bool) {
  (
    FaultInjection.isSupportedInConfigfs, KernelConfiguration.hasDebugFS,
    KernelConfiguration.hasLockdep,
    KernelConfiguration.hasZonedDevices
  )
}

func errors(_ index: Int, _ result: CInt) throws(Errno) {
  switch index {
  case 0: throw .accessDenied
  case 1: throw .fileTooLarge
  case 2: throw .interrupted
  case 3: throw .nameTooLong
  case 4: throw .noSuchDeviceOrAddress
  case 5: throw .outOfRange
  case 6: throw .timedOut
  default: try Errno.check(result)
  }
}

func texts(_ text: borrowing CString, _ literal: StaticCString, _ name: ParameterString)
  throws(Errno) -> Int
{
  var short = ShortText<31>()
  if short.isEmpty { short = ShortText(literal) } else { short = try ShortText(text) }
  var sum = text.lineCount &+ short.count &+ name.count &+ ParameterString.capacity
  if let byte = short.byte(at: sum) { sum &+= Int(byte) }
  if let byte = name.byte(at: sum) { sum &+= Int(byte) }
  if short.equals(literal) || short.equals(short) || name.equals(literal) || literal == "other" {
    sum &+= 1
  }
  if StaticCString(stringLiteral: literal) == literal { sum &+= 1 }
  log(.notice, "\(sum)")
  return sum
}

func compressor(_ name: ParameterString) throws(Errno) -> Compressor { try Compressor(named: name) }

func word(_ number: UInt64, _ writer: inout TextWriter) -> UInt64 {
  let value = Int32(word: number)
  let flag = Bool(word: number)
  value.write(to: &writer)
  flag.write(to: &writer)
  return value.word &+ flag.word &+ UInt64(truncatingIfNeeded: writer.count)
}

enum Order: NamedValue {
  case first
  case last
  static func entry(_ index: Int) -> (name: StaticCString, value: Order)? {
    index == 0 ? ("first", .first) : index == 1 ? ("last", .last) : nil
  }
}

func setting(_ setting: borrowing NamedSetting<Order>) -> Bool { setting.value == .last }

func bytes(_ bytes: borrowing MutableBytes, _ source: RawSpan, _ page: inout Page) throws(Errno) {
  try bytes.copy(from: source)
  try bytes.copy(from: source, to: 4)
  try bytes.zero(at: 0, length: 16)
  try bytes.store(UInt16(1), at: 1)
  try bytes.store(Int8(1), at: 1)
  try bytes.store(Int64(1), at: 1)
  try page.write(source, at: 0)
}

func unboxed(_ box: consuming HeapBox<Page>) -> Page { box.unboxed() }

func unboxed(_ node: consuming RedBlackTree<Int, Page>.Node) -> Page { node.unboxed() }

func removed(_ list: inout List<Page>, _ place: NUMANode) -> List<Page>.Node? {
  list.removeFirstNode { $0.node == place && place.rawValue >= 0 }
}

func read(_ lock: borrowing RWSemaphore<Int>) throws(Errno) -> Int {
  try lock.withReadLockInterruptibly { $0 }
}

func shared(_ queue: borrowing WorkQueue, _ directory: borrowing DebugDirectory) throws(Errno)
  -> WorkQueue
{
  _ = directory.share()
  let own = try WorkQueue("surface", .freezable | .inSysfs | .none)
  if WorkQueue.Options.none == .freezable { return own }
  return queue.share()
}

func memory(_ area: borrowing VirtualMemory, _ user: UserMemory) -> Int {
  area.byteCount &+ Int(user.address & 1)
}

func moments(_ moment: Instant, _ other: Instant) -> Int {
  moment == other ? moment.sinceBoot.milliseconds : (moment - other).milliseconds
}

@TimerHandler
struct Ticker: TimerHandler, ~Copyable {
  let last = Atomic<Int>(0)
  func expired(_ timer: borrowing TimerContext) -> TimerAction {
    last.store(timer.now.sinceBoot.milliseconds, ordering: .relaxed)
    return .stop
  }
}

func handler(_ timer: borrowing Timer<Ticker>) -> Int {
  timer.handler.last.load(ordering: .relaxed)
}

@DebugReport
struct Note: DebugReport, ~Copyable {
  let count: Int
  func write(to writer: inout TextWriter) throws(Errno) { writer.append(count) }
}

func report(_ file: borrowing DebugFile<Note>) -> Int { file.report.count }

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Attribute("depth") let depth = Setting<Int>(1)
}

@ConfigfsItem
struct Item: CreatedConfigfsItem, ~Copyable {
  @Attribute("depth") let depth = Setting<Int>(1)
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

func items(_ subsystem: borrowing ConfigfsSubsystem<Item>, _ group: borrowing ConfigfsGroup<Root>)
  -> Int
{
  subsystem.root.willRemove()
  return subsystem.root.depth.value &+ group.item.depth.value
}

// --- Slab ---

func device(
  _ device: borrowing BlockDevice, _ other: borrowing BlockDevice, _ writer: inout TextWriter
) throws(Errno)
  -> Bool
{
  try device.flush()
  device.writeName(to: &writer)
  return device.isReadOnly || device.isSame(as: other)
}

func access() -> BlockDevice.Access { .readWrite }

func flags(_ index: Int) -> OperationFlags {
  let all: OperationFlags =
    .background | .failFastDevice | .failFastDriver | .failFastTransport | .idle | .noMerge
    | .noWait | .polled
    | .priority | .swap | .synchronous
  return all == .none ? .none : all
}

func limits(_ limits: borrowing StackedLimits) -> Bool {
  let sizes =
    limits.logicalBlockSize &+ limits.physicalBlockSize &+ limits.discardGranularity
    &+ limits.memoryAlignmentMask
  var most = limits.maximumTransfer.count &+ Sector.maximum.count
  if let discard = limits.maximumDiscard { most &+= discard.count }
  if let erase = limits.maximumSecureErase { most &+= erase.count }
  if let zeroes = limits.maximumWriteZeroes { most &+= zeroes.count }
  if limits.hasWriteCache, limits.isAligned, limits.isRotational { return false }
  if limits.supportsForcedUnitAccess, limits.wantsStableWrites { return false }
  return most == UInt64(truncatingIfNeeded: sizes &+ Sector.byteCount)
}

func bad(_ blocks: borrowing BadBlocks) -> UInt64 {
  guard !blocks.isEmpty, let found = blocks.first(from: Sector(0), count: Sector(8)) else {
    return 0
  }
  return found.isAcknowledged ? found.start.count : found.count.count
}

func zone(_ zone: inout Zone) { zone.wantsReset = true }

func same(_ one: UniqueIdentifier, _ other: UniqueIdentifier) -> Bool { one == other }

@BioHandler
struct Ender: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

func pages(_ bio: inout Bio<Ender>) throws(Errno) -> Page? {
  let node = try bio.withPage(at: bio.pageCount &- 1) { $0.node }
  return node == .any ? nil : bio.popLast()
}

// --- BlockMQ ---

@BlockDriver
struct Probe: BlockDriver, ~Copyable {
  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext)
    -> QueueResult<Self>
  {
    if request.segmentCount > 8 { return .refused(request) }
    if request.priority > 1 || request.isForcedUnitAccess { return .refusedUntilNextEnd(request) }
    let request = request.start()
    let cpu = request.submittingCPU
    request.forEachPiece(from: Sector(8)) { segment, piece in _ = segment.byteCount &+ piece.length
    }
    request.end(cpu == 0 ? .ok : .ioError)
    return .accepted
  }
}

func table(
  _ table: borrowing RequestTable<Probe>, _ lent: borrowing BorrowedRequest<Probe>,
  _ list: inout RequestList<Probe>
) {
  while let request = list.popFirst() { table.park(request) }
  if list.isEmpty, let request = table.claim(lent) { list.append(request) }
  if let request = table.claim(hardwareQueue: 0, tag: 1) { request.end(.ok) }
  table.claimAll { $0.end(.ioError) }
}

func table() throws(Errno) -> RequestTable<Probe> { try RequestTable(hardwareQueues: 2, depth: 64) }

func queue(_ queue: borrowing HardwareQueue<Probe>) {
  queue.stop()
  queue.start()
  queue.run(afterMilliseconds: 3)
}

func kind(_ kind: HardwareQueueKind) -> Bool { kind == .default || kind == .read }

func maps(_ maps: borrowing QueueMaps) -> Int {
  let (wanted, previous) = (maps.wanted, maps.previous)
  if maps.assign(wanted) { return maps.hardwareQueues }
  return wanted.default &+ previous.read &+ previous.poll
}

func set(_ set: borrowing TagSet<Probe>) -> Int {
  _ = set.data
  return set.counts.default &+ set.depth &+ set.hardwareQueues
}

func command(_ number: UInt32, _ mode: OpenMode) -> Bool {
  let command = IoctlCommand(rawValue: number)
  return command == .plain(command.type, command.number) || command.rawValue == 1
    || mode.isNonBlocking
}

func call(_ call: borrowing Ioctl, _ page: inout Page) throws(Errno) {
  let number = try call.readInteger(as: UInt16.self)
  try call.writeInteger(Int64(number))
  try page.withMutableBytes { bytes throws(Errno) in
    try call.withMemory(at: call.argument, byteCount: 8) { memory throws(Errno) in
      try memory.read(at: 0, length: 8, into: bytes, at: 0)
    }
  }
}

func geometry(_ geometry: DiskGeometry) -> Int {
  Int(geometry.cylinders) &+ Int(geometry.heads) &+ Int(geometry.sectors)
}

func sets(_ events: DiskEvents, _ flags: DiskFlags) -> Bool {
  events == .none || events.contains(.mediumChanged) || flags == .none || flags.contains(.removable)
}

func largest() -> Sector { DiskLimits.largestRequest }

// Not a switch, because the compiler emits a trap for it.
func reservation(_ change: ReservationChange) -> UInt64 {
  if case .register(let key, replacing: let old) = change { return old ?? key }
  if case .reserve(let key, let kind) = change {
    return kind == .writeExclusive || kind == .exclusiveAccess ? key : 0
  }
  if case .release(let key, let kind) = change {
    return kind == .writeExclusiveForRegistered || kind == .exclusiveAccessForRegistered ? key : 0
  }
  if case .preempt(let key, of: let other, let kind, let aborting) = change {
    let isOfAll = kind == .writeExclusiveOfAllRegistered || kind == .exclusiveAccessOfAllRegistered
    return isOfAll || aborting ? other : key
  }
  if case .clear(let key) = change { return key }
  return 0
}

func changes(_ key: UInt64, _ kind: ReservationKind) -> [5 of ReservationChange] {
  [
    .register(key: key, replacing: nil), .reserve(key: key, kind), .release(key: key, kind),
    .preempt(key: key, of: 1, kind, aborting: false), .clear(key: key),
  ]
}

func bio(_ bio: borrowing SubmittedBio) -> Int {
  var count = 0
  bio.forEachSegment { count &+= $0.byteCount }
  bio.forEachPiece(from: bio.sector) { _, piece in count &+= piece.length }
  return bio.operation == .read || bio.isForcedUnitAccess ? count : 0
}

func capacity(_ disk: borrowing BioDisk<Bios>) -> Sector { disk.capacity }

@BioDriver
struct Bios: BioDriver, ~Copyable {
  func submit(_ bio: consuming SubmittedBio) { bio.end(.ok) }
}

func part(_ part: RequestPart) -> Int { part.offset &+ part.byteCount }

func nothing() -> (NoData, NoBioData) { (NoData(), NoBioData()) }

// --- DeviceMapper ---

func features() -> Bool { .singleton | .alwaysWritable == TargetFeatures.singleton }

@DeviceMapperTarget("apus-surface", version: (1, 0, 0))
struct Lines: Target, ~Copyable {
  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {
    guard target.begin.count == 0, target.isWritable else { throw .invalid("it is not") }
  }
  func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    context.begin == context.length ? .requeue(bio) : .kill(bio)
  }
  func ended(
    _ bio: borrowing EndedBio<Self>, _ status: BlockStatus, in context: borrowing TargetContext
  ) -> EndResult {
    bio.operation == .read && bio.sector == context.maximumIOLength ? .requeue : .done(.ok)
  }
}

func lists(_ list: inout BioList<Lines>, _ other: inout BioList<Lines>) -> Int {
  list.append(contentsOf: &other)
  return other.isEmpty ? list.count : 0
}

func search(_ list: inout BioList<Lines>) -> Int {
  var sectors = 0
  list.forEach { bio in sectors &+= Int(truncatingIfNeeded: bio.length.count) }
  if let bio = list.removeFirst(where: { bio in bio.isWrite }) { bio.end(.ok) }
  return sectors
}

func context(_ context: borrowing TargetContext, _ writer: inout TextWriter) -> Bool {
  context.runQueue()
  writer.appendDeviceName(of: context)
  return context.isPostSuspending || context.isSuspendingWithoutFlush
}

func access(_ access: borrowing DirectAccess) -> Sector { access.length }

func request(_ request: borrowing MappedRequest) -> Bool {
  request.operation == .read
    && request.sector.count == UInt64(truncatingIfNeeded: request.byteCount)
}

func end() -> EndRequestResult { .requeueLater }

func devices(_ one: borrowing UnderlyingDevice, _ other: borrowing UnderlyingDevice) -> Bool {
  one.isSame(as: other)
}

func regions(_ regions: borrowing Regions, _ one: RegionErrors, _ other: RegionErrors) -> Int {
  one == other ? regions.count : 0
}

func limits(_ limits: borrowing TargetLimits) -> Int {
  limits.logicalBlockSize &+ limits.physicalBlockSize
}

func copies(_ throttle: borrowing CopyThrottle) throws(Errno) -> CopyClient {
  let result = CopyResult(readFailed: true)
  if result.isSuccess || result == .success || CopyClient.Options.none == .inOrder {
    return try CopyClient()
  }
  return try CopyClient(throttle: throttle.share())
}

func errno(_ error: TargetError) -> Errno { error.errno }

func status(_ kind: StatusRequest.Kind) -> Bool { kind == .measurement }

func text(_ text: borrowing CString) -> Bool { text.isSame(as: "surface") }

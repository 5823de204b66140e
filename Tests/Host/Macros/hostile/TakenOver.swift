// SPDX-License-Identifier: GPL-2.0-only
// All that the macros' code names, taken over by a driver's own: extensions that are a better
// match, operators, and types that are called as
// the modules are. (The source gate would refuse nearly every line of it.) None of it may be
// reached: `taken` is not in the code that is made.
import Block
import BlockMQ
import DeviceMapper
import Kernel
import Zpool

@TimerHandler
struct Tick: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

@WorkHandler
struct Work: WorkHandler, ~Copyable {
  borrowing func run(_ work: borrowing WorkContext) {}
}

@ThreadHandler
struct Thread: ThreadHandler, ~Copyable {
  borrowing func run(_ thread: borrowing ThreadContext) {}
}

@DebugReport
struct State: DebugReport, ~Copyable {
  borrowing func write(to writer: inout TextWriter) throws(Errno) {}
}

@BioHandler
struct Read: BioHandler, ~Copyable {
  consuming func ended(_ bio: consuming Bio<Self>, _ status: BlockStatus) {}
}

@CopyHandler
struct Copied: CopyHandler, ~Copyable {
  consuming func ended(_ result: CopyResult) {}
}

@BlockDriver
struct Forwarder: BlockDriver, ~Copyable {
  static func makeRequestData(
    _ tagSetData: borrowing NoData, hardwareQueue: Int, node: NUMANode
  ) throws(Errno) -> RequestIOCount { RequestIOCount() }

  let device: BlockDevice

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    do throws(Errno) { try Self.forward(request.start(), to: device) } catch {}
    return .accepted
  }

  static func forward(_ request: consuming Request<Self>, to device: borrowing BlockDevice) throws(Errno) {
    request.forward(to: device, at: Sector(0), from: try CloneSet<Part>(reserve: 1), .kernel) { Part() }
  }
}

@CloneHandler
struct Part: CloneHandler, ~Copyable {
  typealias Driver = Forwarder
}

@DeviceMapperTarget("probe", version: (1, 2, 3), features: .none)
struct Far: Target, ~Copyable {
  struct BioData: TargetBioData {
    var tries = 0

    init() {}
  }

  init(_ target: borrowing NewTarget, _ arguments: inout Arguments) throws(TargetError) {}

  borrowing func map(_ bio: consuming TargetBio<Self>, in context: borrowing MapContext) -> MapResult<Self> {
    var bio: TargetBio<Self>? = bio
    do throws(Errno) {
      if let bio = bio.take() { try IOClient().submit(bio, to: Regions()) }
    } catch {}
    return .taken
  }

  borrowing func regionsEnded(
    _ bio: consuming TargetBio<Self>, _ errors: RegionErrors, in target: borrowing TargetContext
  ) {}
}

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Attribute("level", in: 1...8, when: Root.hasLevel) let level = Setting<Int>(1)
  @Attribute("power", writable: false) let power = Setting<Bool>(false)
  @Group("limits") let limits: ConfigfsGroup<Limits>

  static var hasLevel: Bool { true }

  @Show("features")
  borrowing func features(_ writer: inout TextWriter) throws(Errno) {}

  @Store("reset")
  borrowing func reset(_ text: borrowing CString) throws(Errno) {}
}

@ConfigfsItem
struct Limits: ConfigfsItem, ~Copyable {}

@ConfigfsItem
struct Made: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

@KernelModule(author: "a", description: "b", version: "c")
struct Module: KernelModule, ~Copyable {
  @Parameter("depth", "Depth", in: 1...64)
  static var depth: Int = 8

  @Parameter("fast", "Whether")
  static var fast: Bool = false

  init() throws(Errno) {
    // What uses the handlers, so that their code is made.
    log(.info, "\(Module.depth) \(Module.fast ? 1 : 0)")
    _ = try Timer(Tick(), .kernel)
    _ = try WorkItem(Work(), on: .system, .kernel)
    _ = try KernelThread("probe", Thread())
    _ = try DebugFile("state", in: try DebugDirectory("probe"), State())
    _ = try TagSet<Forwarder>(hardwareQueues: 1, depth: 8)
    _ = try TargetRegistration<Far>()
    _ = try ConfigfsSubsystem<Made>(
      "probe", root: Root(limits: try ConfigfsGroup(Limits())))
    try CopyClient().prepareCall(Copied(), .kernel).run()
    let bio = try Bio(from: try BioSet<Read>(reserve: 1), pageCapacity: 0, .kernel)
    try bio.submit(to: try BlockDevice(path: ShortText<16>("/dev/sda")), at: Sector(0), .flush, handler: Read())
    #if CONTROL
      taken("control:")
    #endif
  }

  @Command("reset", "Resets")
  mutating func reset(_ text: borrowing CString) throws(Errno) {}
}

enum Kernel {}
struct BlockMQ {}
enum DeviceMapper { case none }
typealias Zpool = Int
enum Swift {}

@inline(never)
func taken(_ name: StaticCString) { log(.error, "\(name) taken over") }


func ~= (pattern: UInt32, value: UInt32) -> Bool {
  taken("operator ~=")
  return true
}

func == (left: UInt32, right: UInt32) -> Bool {
  taken("operator ==")
  return true
}

func != (left: UInt64, right: UInt64) -> Bool {
  taken("operator !=")
  return true
}

func >= (left: Int, right: Int) -> Bool {
  taken("operator >=")
  return true
}

func <= (left: Int, right: Int) -> Bool {
  taken("operator <=")
  return true
}

extension TimerAdapter where Handler == Tick {
  static func expired(_ timer: UnsafeMutableRawPointer?) -> CUnsignedInt {
    taken("TimerAdapter expired")
    return 1
  }
}

extension WorkAdapter where Handler == Work {
  static func run(_ work: UnsafeMutableRawPointer?) { taken("WorkAdapter run") }
}

extension ThreadAdapter where Handler == Thread {
  static func run(_ handler: UnsafeMutableRawPointer?) -> CInt {
    taken("ThreadAdapter run")
    return 0
  }
}

extension DebugAdapter where Report == State {
  static func write(
    _ file: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: UnsafeMutablePointer<Int>?
  ) -> CInt {
    taken("DebugAdapter write")
    return 0
  }
}

extension BioAdapter where Handler == Read {
  static func ended(_ raw: UnsafeMutableRawPointer?) { taken("BioAdapter ended") }
}

extension CopyAdapter where Handler == Copied {
  static func ended(_ readError: CInt, _ writeErrors: UInt, _ raw: UnsafeMutableRawPointer?) { taken("CopyAdapter ended") }
}

extension CloneAdapter where Handler == Part {
  static func ended(_ raw: UnsafeMutableRawPointer?) { taken("CloneAdapter ended") }
}

extension BlockAdapter where Driver == Forwarder {
  static func queue(_ queue: OpaquePointer, _ data: UnsafeRawPointer) -> UInt8 {
    taken("BlockAdapter queue")
    return 0
  }
  static func initializeRequest(_ set: UnsafeMutableRawPointer?, _ raw: UnsafeMutableRawPointer?, _ index: UInt32, _ node: UInt32) -> Int32 {
    taken("BlockAdapter initializeRequest")
    return 0
  }
}

extension TargetAdapter where Driver == Far {
  static func construct(_ target: UnsafeMutableRawPointer?, _ count: UInt32, _ words: UnsafeMutableRawPointer?) -> CInt {
    taken("TargetAdapter construct")
    return 0
  }
  static func map(_ target: UnsafeMutableRawPointer?, _ bio: UnsafeMutableRawPointer?) -> CInt {
    taken("TargetAdapter map")
    return 0
  }
  static func regionsEnded(_ errors: UInt, _ raw: UnsafeMutableRawPointer?) { taken("TargetAdapter regionsEnded") }
}

extension TargetTraits where Driver == Far {
  init(name: StaticCString, major: Int, minor: Int, patch: Int, tracksBios: Bool, usesRegions: Bool) {
    taken("TargetTraits init")
    while true {}
  }
}

extension DriverTraits where Driver == Forwarder {
  init(hasBudget: Bool, hasTimer: Bool, hasCompletion: Bool) {
    taken("DriverTraits init")
    while true {}
  }
}

extension TimerCallback where Handler == Tick {
  init(_ function: @escaping @convention(c) (UnsafeMutableRawPointer?) -> CUnsignedInt) {
    taken("TimerCallback init")
    while true {}
  }
}

extension ConfigfsAdapter where Item == Root {
  static func release(_ item: OpaquePointer?) { taken("ConfigfsAdapter release") }
  static func check(_ value: Int, from lower: Int, through upper: Int) throws(Errno) { taken("ConfigfsAdapter check") }
}

extension ConfigfsType {
  borrowing func add(
    _ name: StaticCString, show: (@convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int)?,
    store: (@convention(c) (OpaquePointer?, UnsafePointer<CChar>?, Int) -> Int)?
  ) { taken("ConfigfsType add") }
}

extension Setting where Value == Int {
  borrowing func parse(_ text: borrowing CString) throws(Errno) -> Int {
    taken("Setting parse")
    return 0
  }
  borrowing func set(_ value: Int) { taken("Setting set") }
}

extension ParameterAdapter {
  static func set(
    _ storage: UnsafeMutablePointer<UInt64>, name: StaticCString, to text: UnsafePointer<CChar>?, from lower: Int, through upper: Int
  ) -> CInt {
    taken("ParameterAdapter set")
    return 0
  }
  static func integer(_ storage: UnsafePointer<UInt64>, as type: Int.Type) -> Int {
    taken("ParameterAdapter integer")
    return 0
  }
}

extension ModuleAdapter {
  static func start(_ instance: inout Module?) -> CInt {
    taken("ModuleAdapter start")
    return 0
  }
  static func isParameter(_ index: CUnsignedInt, _ number: CUnsignedInt) -> Bool {
    taken("ModuleAdapter isParameter")
    return true
  }
}

extension UInt64 {
  init(bitPattern number: Int) {
    taken("UInt64 init")
    self = 0
  }
}

extension TextWriter {
  mutating func append(_ text: StaticCString) { taken("TextWriter append") }
}

extension Errno {
  static var invalidArgument: Errno {
    taken("Errno invalidArgument")
    return .ioError
  }

  var kernelResult: CInt {
    taken("Errno kernelResult")
    return 0
  }
}

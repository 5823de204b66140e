// SPDX-License-Identifier: GPL-2.0-only
// A handler of each kind, a target and an item of configfs, with all modules imported: Zpool has a
// type that is called as a module is.
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

  func queue(_ request: consuming QueuedRequest<Self>, in context: borrowing QueueContext) -> QueueResult<Self> {
    request.refused()
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
    .kill(bio)
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

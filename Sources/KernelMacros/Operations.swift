// SPDX-License-Identifier: GPL-2.0-only
// The operations that a driver may implement: their one description.
//
// The macros (this folder) write a driver's C tables from it. The source gate (GateSource.swift in
// kbuild) refuses operations that a macro would not see, and code that could change what the macros
// write. kbuild/operations compares it with the lists that Swift and C need in source: the
// declarations of the macros (Macros.swift of the libraries), and the layout of the tables
// (Sources/CKernel/tables.h).
//
// A new operation is an entry here, its protocol, and the function of its adapter, which the entry
// names. `make format` then writes the lists. A rule for one operation alone is in its macro.

/// A call that a callback makes: `{ unsafe Adapter.function($0, $1) }`.
struct Call {
  /// When a driver's table has the call.
  enum Condition {
    /// The driver implements the operation, or has to.
    case isImplemented
    /// Every driver has it.
    case always
    /// The driver's body has this method, which belongs to another operation.
    case method(String)
    /// The driver's body declares this type.
    case type(String)
  }

  let function: String
  let condition: Condition
  /// The arguments, if they are not all of the callback's, in order.
  let arguments: String?
  /// The closure's parameters, if it names them.
  let parameters: String

  init(
    _ function: String, _ condition: Condition = .isImplemented, arguments: String? = nil,
    parameters: String = ""
  ) {
    self.function = function
    self.condition = condition
    self.arguments = arguments
    self.parameters = parameters
  }
}

/// A field of a C table, and of the Swift table with the same layout.
struct Callback {
  /// The field of the C structure.
  let c: String
  /// The field of the Swift table.
  let name: String
  /// The function's type. `Pointer` is `UnsafeMutableRawPointer`.
  let type: String
  /// The calls that the field may have: a driver's table has the first whose condition is true.
  let calls: [Call]

  init(_ c: String, _ name: String, _ type: String, _ calls: Call...) {
    self.c = c
    self.name = name
    self.type = type
    self.calls = calls
  }

  /// A callback with one call, of a function that gets all arguments.
  init(_ c: String, _ name: String, _ type: String, _ function: String) {
    self.init(c, name, type, Call(function))
  }

  /// The number of the arguments.
  var count: Int {
    let parameters = type.dropFirst().prefix { $0 != ")" }
    return parameters.isEmpty ? 0 : parameters.filter { $0 == "," }.count + 1
  }
}

/// What a driver implements, and the callbacks through which the kernel calls it.
struct Operation {
  /// The methods. The macro looks for them in the body of the driver's type.
  let methods: [String]
  /// The protocol that declares them. A driver conforms to it if it has one of the methods.
  let conformance: String
  /// Whether every driver has the operation; the protocol is then that of the driver.
  let isRequired: Bool
  /// The callbacks of the kernel, as the documentation of the macro names them.
  let documentation: [String]
  let callbacks: [Callback]

  init(
    _ methods: String..., protocol conformance: String, isRequired: Bool = false,
    documentation: [String]? = nil, _ callbacks: [Callback]
  ) {
    self.methods = methods
    self.conformance = conformance
    self.isRequired = isRequired
    self.documentation = documentation ?? callbacks.map { "`\($0.c)`" }
    self.callbacks = callbacks
  }

  func isImplemented(by names: Set<String>) -> Bool { methods.contains { names.contains($0) } }
}

/// A C table of callbacks, which a macro writes as constant data inside the driver's type.
struct Table {
  /// The Swift type. `@CallbackTable` writes its fields.
  let type: String
  /// The C structure.
  let c: String
  /// The bytes before the first callback, in both.
  let offset: Int
  /// The field of the C structure behind the last callback, or nil if that is its end.
  let next: String?
  /// The type with the functions that the callbacks call.
  let adapter: String
  /// The static variable that is the table.
  let storage: String
  /// The property that gives its address.
  let property: String
  /// The type of the address, without its argument.
  let pointer: String
  /// Whether a driver may have no such table: it then implements none of the operations.
  let isOptional: Bool
  /// The operations, in the order of the table's fields.
  let operations: [Operation]

  init(
    _ type: String, c: String, offset: Int = 0, next: String? = nil, adapter: String,
    storage: String, property: String, pointer: String, isOptional: Bool = false,
    _ operations: [Operation]
  ) {
    self.type = type
    self.c = c
    self.offset = offset
    self.next = next
    self.adapter = adapter
    self.storage = storage
    self.property = property
    self.pointer = pointer
    self.isOptional = isOptional
    self.operations = operations
  }
}

/// A macro that writes the tables of a driver.
struct DriverMacro {
  let name: String
  /// The library that declares the macro, the protocols, the tables and the adapters.
  let module: String
  /// What the diagnostics call the driver.
  let noun: String
  let tables: [Table]
  /// The driver's data of which each type `NAME` is made by a method `makeNAME`. A driver without
  /// the method must have no such data, because its memory would be uninitialised.
  var data: [String] = []
  /// The members that the macro writes besides the tables.
  var members: [String] = []

  var operations: [Operation] { tables.flatMap(\.operations) }

  /// The names of all members that the macro writes.
  var memberNames: [String] {
    tables.flatMap { [$0.storage, $0.property] } + members + data.map(missing)
  }

  /// The protocols to which the macro may add a conformance.
  var conformances: [String] { operations.filter { !$0.isRequired }.map(\.conformance) }

  /// The function in the code of a driver without this data. It compiles only if there is none.
  func missing(_ data: String) -> String { "__make\(data)IsInTheBody" }
}

/// A macro that writes the C callback of a handler, such as a timer's.
struct HandlerMacro {
  let name: String
  /// The library that declares the macro and the types.
  let module: String
  /// The property that has the callback.
  let property: String
  let callback: String
  let adapter: String
  /// The adapter's method, with the arguments.
  let call: String
}

enum Operations {
  /// All macros that write tables. Tables of two macros may have one type: the first macro's fields
  /// are then in front.
  static let drivers = [blockDriver, bioDriver, target, zpoolDriver]

  /// The macro with this name, or nil.
  static func driver(_ name: String) -> DriverMacro? { drivers.first { $0.name == name } }

  /// The fields of the Swift table with this name, in the order of the C structure.
  static func fields(of type: String) -> [(callback: Callback, isRequired: Bool)] {
    var fields: [(callback: Callback, isRequired: Bool)] = []
    let tables = drivers.flatMap(\.tables).filter { $0.type == type }
    for operation in tables.flatMap(\.operations) {
      for callback in operation.callbacks where !fields.contains(where: { $0.0.c == callback.c }) {
        fields.append((callback, operation.isRequired && tables.count == 1))
      }
    }
    return fields
  }

  static let blockDriver = DriverMacro(
    name: "BlockDriver", module: "BlockMQ", noun: "block driver",
    tables: [
      Table(
        "OperationsTable", c: "blk_mq_ops", adapter: "BlockAdapter", storage: "__operations",
        property: "operationsTable", pointer: "UnsafePointer", requestOperations),
      Table(
        "DiskOperationsTable", c: "apus_disk_table", next: "operations", adapter: "DiskAdapter",
        storage: "__diskOperations", property: "diskOperationsTable",
        pointer: "UnsafeMutablePointer", isOptional: true, diskOperations),
    ],
    data: ["RequestData", "HardwareQueueData", "DiskData"], members: ["traits"])

  /// The operations of blk-mq, in the order of `struct blk_mq_ops`. An `OpaquePointer` is a
  /// `struct blk_mq_hw_ctx`.
  private static let requestOperations = [
    // The hardware queue and a `struct blk_mq_queue_data`; returns a `blk_status_t`. (Not optional:
    // the block layer never passes null here.)
    Operation(
      "queue", protocol: "BlockDriver", isRequired: true,
      [Callback("queue_rq", "queueRequest", "(OpaquePointer, UnsafeRawPointer) -> UInt8", "queue")]),
    Operation(
      "commit", protocol: "CommitOperation",
      [Callback("commit_rqs", "commitRequests", "(OpaquePointer?) -> Void", "commit")]),
    // The list of requests.
    Operation(
      "queueBatch", protocol: "QueueBatchOperation",
      [Callback("queue_rqs", "queueRequests", "(Pointer?) -> Void", "queueBatch")]),
    // The request queue of a budget, or the request that has its token. Getting returns the token,
    // or a negative number.
    Operation(
      "takeBudget", "returnBudget", protocol: "BudgetOperations",
      [
        Callback("get_budget", "getBudget", "(Pointer?) -> Int32", "takeBudget"),
        Callback("put_budget", "putBudget", "(Pointer?, Int32) -> Void", "returnBudget"),
        Callback(
          "set_rq_budget_token", "setBudgetToken", "(Pointer?, Int32) -> Void", "setBudgetToken"),
        Callback("get_rq_budget_token", "getBudgetToken", "(Pointer?) -> Int32", "budgetToken"),
      ]),
    // A request; returns an `enum blk_eh_timer_return`.
    Operation(
      "timeOut", protocol: "TimeoutOperation",
      [Callback("timeout", "timeout", "(Pointer?) -> UInt32", "timeOut")]),
    // The hardware queue, and a `struct io_comp_batch` or null; returns the number of completions.
    Operation(
      "poll", protocol: "PollOperation",
      [Callback("poll", "poll", "(OpaquePointer?, Pointer?) -> Int32", "poll")]),
    Operation(
      "complete", protocol: "CompleteOperation",
      [Callback("complete", "complete", "(Pointer?) -> Void", "complete")]),
    // The hardware queue, the `driver_data` of the tag set, and the queue's index; returns 0 or a
    // negative error. Every driver's `exit_hctx` waits for calls of the driver.
    Operation(
      "makeHardwareQueueData", protocol: "HardwareQueueDataOperation",
      [
        Callback(
          "init_hctx", "initializeHardwareQueue", "(OpaquePointer?, Pointer?, UInt32) -> Int32",
          Call("initializeHardwareQueue"),
          Call(
            "beginHardwareQueue", .method("makeRequestData"), arguments: "queue",
            parameters: "queue, _, _ in ")),
        Callback(
          "exit_hctx", "exitHardwareQueue", "(OpaquePointer?, UInt32) -> Void",
          Call("exitHardwareQueue"), Call("leaveHardwareQueue", .always)),
      ]),
    // The tag set, the request, the index of the hardware queue and, to make the data, a NUMA node;
    // making returns 0 or a negative error. The request's data also contains the request's timer.
    Operation(
      "makeRequestData", protocol: "RequestDataOperation",
      [
        Callback(
          "init_request", "initializeRequest", "(Pointer?, Pointer?, UInt32, UInt32) -> Int32",
          Call(
            "initializeRequest", .method("timerExpired"),
            arguments: "$0, $1, $2, $3, "
              + "timer: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::timerExpired($0) }"),
          Call("initializeRequest")),
        Callback(
          "exit_request", "exitRequest", "(Pointer?, Pointer?, UInt32) -> Void",
          Call("exitRequest", .method("timerExpired")), Call("exitRequest")),
      ]),
    Operation(
      "timerExpired", protocol: "RequestTimerOperation",
      documentation: ["(a timer in each request)"], []),
    // A request.
    Operation(
      "cleanUp", protocol: "CleanUpOperation",
      [Callback("cleanup_rq", "cleanUpRequest", "(Pointer?) -> Void", "cleanUp")]),
    // A request queue.
    Operation(
      "isBusy", protocol: "BusyOperation",
      [Callback("busy", "busy", "(Pointer?) -> Bool", "isBusy")]),
    // A tag set.
    Operation(
      "mapQueues", protocol: "MapQueuesOperation",
      [Callback("map_queues", "mapQueues", "(Pointer?) -> Void", "mapQueues")]),
    // A `struct seq_file` and a request.
    Operation(
      "show", protocol: "ShowOperation",
      [Callback("show_rq", "showRequest", "(Pointer?, Pointer?) -> Void", "show")]),
  ]

  /// The operations of a disk, in the order of `struct apus_disk_table`. The first argument is the
  /// driver. (No pointer is optional: the library's C code never passes null here.)
  private static let diskOperations = [
    // A mode of `enum apus_open_mode`; returns 0 or a negative error.
    Operation(
      "openDisk", protocol: "OpenDiskOperation",
      [Callback("open", "open", "(Pointer, UInt32) -> Int32", "open")]),
    Operation(
      "releaseDisk", protocol: "ReleaseDiskOperation",
      [Callback("release", "release", "(Pointer) -> Void", "release")]),
    // The command, its argument and the open mode; returns 0 or more, or a negative error.
    Operation(
      "control", protocol: "ControlOperation", documentation: ["`ioctl`", "`compat_ioctl`"],
      [Callback("control", "control", "(Pointer, UInt32, UInt, UInt32) -> Int32", "control")]),
    // A `struct hd_geometry` to fill in; returns 0 or a negative error.
    Operation(
      "geometry", protocol: "GeometryOperation", documentation: ["`getgeo`"],
      [Callback("geometry", "geometry", "(Pointer, Pointer) -> Int32", "geometry")]),
    // Returns 0 to allow the change, or a negative error.
    Operation(
      "changeReadOnly", protocol: "ChangeReadOnlyOperation",
      [
        Callback("set_read_only", "changeReadOnly", "(Pointer, Bool) -> Int32", "changeReadOnly")
      ]),
    // The number of a page of the disk.
    Operation(
      "swapSlotFreed", protocol: "SwapSlotOperation", documentation: ["`swap_slot_free_notify`"],
      [Callback("swap_slot_freed", "swapSlotFreed", "(Pointer, UInt) -> Void", "swapSlotFreed")]),
    // A `struct apus_zone_report`; returns 0 or a negative error.
    Operation(
      "reportZones", protocol: "ReportZonesOperation",
      [Callback("report_zones", "reportZones", "(Pointer, Pointer) -> Int32", "reportZones")]),
    // A place of 16 bytes, and an `enum blk_unique_id`; returns the length, or a negative error.
    Operation(
      "uniqueIdentifier", protocol: "UniqueIdentifierOperation", documentation: ["`get_unique_id`"],
      [
        Callback(
          "unique_id", "uniqueIdentifier", "(Pointer, Pointer, UInt32) -> Int32",
          "uniqueIdentifier")
      ]),
    // Returns a sector, or a negative error.
    Operation(
      "partitionTableSector", protocol: "PartitionTableOperation",
      documentation: ["`alternative_gpt_sector`"],
      [Callback("table_sector", "tableSector", "(Pointer) -> Int", "partitionTableSector")]),
    // The events that the caller handles; returns those since the last call.
    Operation(
      "checkEvents", protocol: "CheckEventsOperation",
      [Callback("check_events", "checkEvents", "(Pointer, UInt32) -> UInt32", "checkEvents")]),
    // A `struct apus_reservation_call`; returns 0 or a negative error.
    Operation(
      "changeReservation", protocol: "ReservationOperation", documentation: ["`pr_ops`"],
      [Callback("reserve", "reserve", "(Pointer, Pointer) -> Int32", "changeReservation")]),
    // Making returns null, and stores a negative error, if it cannot make the data.
    Operation(
      "makeDiskData", protocol: "DiskDataOperation", documentation: ["(its end: `free_disk`)"],
      [
        Callback(
          "make_data", "makeData", "(Pointer, UnsafeMutablePointer<Int32>) -> Pointer?", "makeData"),
        Callback("free_data", "freeData", "(Pointer) -> Void", "freeData"),
      ]),
  ]

  static let bioDriver = DriverMacro(
    name: "BioDriver", module: "BlockMQ", noun: "block driver",
    tables: [
      Table(
        "DiskOperationsTable", c: "apus_disk_table", next: "operations",
        adapter: "BioDriverAdapter",
        storage: "__bioOperations", property: "bioOperationsTable",
        pointer: "UnsafeMutablePointer",
        [
          Operation(
            "reportZones", protocol: "BioReportZonesOperation",
            [Callback("report_zones", "reportZones", "(Pointer, Pointer) -> Int32", "reportZones")]),
          // A `struct bio`, which the driver owns from then on.
          Operation(
            "submit", protocol: "BioDriver", isRequired: true, documentation: ["`submit_bio`"],
            [Callback("submit", "submit", "(Pointer, Pointer) -> Void", "submit")]),
        ])
    ])

  static let target = DriverMacro(
    name: "DeviceMapperTarget", module: "DeviceMapper", noun: "target",
    tables: [
      Table(
        "TargetTable", c: "target_type", offset: 40, next: "list", adapter: "TargetAdapter",
        storage: "__table", property: "targetTable", pointer: "UnsafeMutablePointer",
        targetOperations)
    ],
    members: [
      "targetTraits", "targetFeatures", "__bioDataIsInTheBody", "__inPlace", "regionsCallback",
    ])

  /// The operations of a target, in the order of `struct target_type`. The first argument is the
  /// target.
  private static let targetOperations = [
    // The number of the words, and the words; returns 0 or a negative error. The value's end is
    // `dtr`.
    Operation(
      "init", protocol: "Target", isRequired: true,
      [
        Callback("ctr", "construct", "(Pointer?, UInt32, Pointer?) -> CInt", "construct"),
        Callback("dtr", "destruct", "(Pointer?) -> Void", "destruct"),
      ]),
    // A bio; returns a `DM_MAPIO_…`.
    Operation(
      "map", protocol: "MapOperation",
      [Callback("map", "map", "(Pointer?, Pointer?) -> CInt", "map")]),
    // The request, the context, and the place for the clone; returns a `DM_MAPIO_…`. Releasing gets
    // the clone and the context, and no target.
    Operation(
      "mapRequest", protocol: "MapRequestOperation",
      [
        Callback(
          "clone_and_map_rq", "mapRequest", "(Pointer?, Pointer?, Pointer?, Pointer?) -> CInt",
          "mapRequest"),
        Callback(
          "release_clone_rq", "releaseClone", "(Pointer?, Pointer?) -> Void", "releaseClone"),
      ]),
    // The bio and the place of its status; returns a `DM_ENDIO_…`. A bio's data ends here, also for
    // a target that does not ask.
    Operation(
      "ended", protocol: "EndOperation",
      [
        Callback(
          "end_io", "ended", "(Pointer?, Pointer?, Pointer?) -> CInt", Call("ended"),
          Call("endedUnseen", .type("BioData")))
      ]),
    // The clone, its status, and the context; returns a `DM_ENDIO_…`.
    Operation(
      "requestEnded", protocol: "EndRequestOperation",
      [
        Callback(
          "rq_end_io", "requestEnded", "(Pointer?, Pointer?, UInt8, Pointer?) -> CInt",
          "requestEnded")
      ]),
    Operation(
      "willSuspend", protocol: "WillSuspendOperation",
      [Callback("presuspend", "willSuspend", "(Pointer?) -> Void", "willSuspend")]),
    Operation(
      "suspendCancelled", protocol: "SuspendCancelledOperation",
      [Callback("presuspend_undo", "suspendCancelled", "(Pointer?) -> Void", "suspendCancelled")]),
    Operation(
      "didSuspend", protocol: "DidSuspendOperation",
      [Callback("postsuspend", "didSuspend", "(Pointer?) -> Void", "didSuspend")]),
    // Returns 0 or a negative error.
    Operation(
      "willResume", protocol: "WillResumeOperation",
      [Callback("preresume", "willResume", "(Pointer?) -> CInt", "willResume")]),
    Operation(
      "didResume", protocol: "DidResumeOperation",
      [Callback("resume", "didResume", "(Pointer?) -> Void", "didResume")]),
    // The kind, the flags, the buffer and its size in bytes.
    Operation(
      "status", protocol: "StatusOperation",
      [
        Callback(
          "status", "status", "(Pointer?, UInt32, UInt32, Pointer?, UInt32) -> Void", "status")
      ]),
    // The number of the words, the words, the buffer for the reply and its size in bytes; returns 1
    // if there is a reply, 0 if there is none, or a negative error.
    Operation(
      "message", protocol: "MessageOperation",
      [
        Callback(
          "message", "message", "(Pointer?, UInt32, Pointer?, Pointer?, UInt32) -> CInt", "message")
      ]),
    // The place for a `struct block_device *`; returns 1, 0 or a negative error.
    Operation(
      "prepareIoctl", protocol: "PrepareIoctlOperation",
      [Callback("prepare_ioctl", "prepareIoctl", "(Pointer?, Pointer?) -> CInt", "prepareIoctl")]),
    // A `struct dm_report_zones_args`, and the number of zones; returns 0 or a negative error.
    Operation(
      "reportZones", protocol: "ReportZonesOperation",
      [
        Callback(
          "report_zones", "reportZones", "(Pointer?, Pointer?, UInt32) -> CInt", "reportZones")
      ]),
    Operation(
      "isBusy", protocol: "BusyOperation",
      [Callback("busy", "isBusy", "(Pointer?) -> CInt", "isBusy")]),
    // The callout and its data; returns what the callout returns.
    Operation(
      "visitDevices", protocol: "VisitDevicesOperation",
      [
        Callback(
          "iterate_devices", "visitDevices", "(Pointer?, Pointer?, Pointer?) -> CInt",
          "visitDevices")
      ]),
    // A `struct queue_limits`.
    Operation(
      "adjustLimits", protocol: "AdjustLimitsOperation",
      [Callback("io_hints", "adjustLimits", "(Pointer?, Pointer?) -> Void", "adjustLimits")]),
    // Access: the first page, the number of pages, the mode, and the places for address and page
    // frame; returns the number of pages, or a negative error. Zeroes: the first page and the
    // number of pages; returns 0 or a negative error. Recovery: the page, the address, the number
    // of bytes, and an `iov_iter`; returns the number of bytes written.
    Operation(
      "mapDirectAccess", protocol: "MapDirectAccessOperation",
      [
        Callback(
          "direct_access", "directAccess",
          "(Pointer?, UInt, Int, UInt32, Pointer?, Pointer?) -> Int", "directAccess"),
        Callback(
          "dax_zero_page_range", "zeroPages", "(Pointer?, UInt, UInt) -> CInt", "zeroPages"),
        Callback(
          "dax_recovery_write", "recoverWrite",
          "(Pointer?, UInt, Pointer?, UInt, Pointer?) -> UInt",
          "recoverWrite"),
      ]),
    // Each I/O carries this callback.
    Operation(
      "regionsEnded", protocol: "RegionsEndOperation",
      documentation: ["(dm-io's `io_notify_fn`; not in the table)"], []),
  ]

  static let zpoolDriver = DriverMacro(
    name: "ZpoolDriver", module: "Zpool", noun: "zpool driver",
    tables: [
      Table(
        "DriverTable", c: "apus_zpool_table", adapter: "ZpoolAdapter", storage: "__callbacks",
        property: "zpoolTable", pointer: "UnsafePointer", zpoolOperations)
    ],
    members: ["zpoolName"])

  /// The operations of an allocator, in the order of `struct apus_zpool_table`. The first argument
  /// is the pool, except to make one.
  private static let zpoolOperations = [
    // Kernels until 6.7: the pool's name, GFP flags, the `struct zpool_ops` or null, and the
    // `struct zpool`. From 6.8: the name and the flags. Both return the pool, or null if there is
    // an error. The value's end is `destroy`.
    Operation(
      "init", protocol: "Allocator", isRequired: true, documentation: ["`create`", "`destroy`"],
      [
        Callback(
          "create", "create",
          "(UnsafePointer<CChar>?, UInt32, UnsafeRawPointer?, Pointer?) -> Pointer?",
          Call("create", arguments: "$1, $2, $3")),
        Callback(
          "create_plain", "createPlain", "(UnsafePointer<CChar>?, UInt32) -> Pointer?",
          Call("create", arguments: "$1, nil, nil")),
        Callback("destroy", "destroy", "(Pointer) -> Void", "destroy"),
      ]),
    // A size in bytes, GFP flags, and the place for the handle; returns 0 or a negative error.
    Operation(
      "allocate", protocol: "Allocator", isRequired: true,
      [
        Callback(
          "malloc", "allocate", "(Pointer, UInt, UInt32, UnsafeMutablePointer<UInt>) -> Int32",
          "allocate")
      ]),
    // A handle.
    Operation(
      "free", protocol: "Allocator", isRequired: true,
      [Callback("free", "free", "(Pointer, UInt) -> Void", "free")]),
    // Kernels until 6.7: the number of pages to free, and null or the place for the number of pages
    // freed; returns 0 or a negative error.
    Operation(
      "evict", protocol: "EvictingAllocator",
      [
        Callback(
          "shrink", "shrink", "(Pointer, UInt32, UnsafeMutablePointer<UInt32>?) -> Int32", "shrink")
      ]),
    // Kernels from 6.8 ask for pages, those until 6.7 for bytes.
    Operation(
      "pageCount", protocol: "Allocator", isRequired: true,
      documentation: ["`total_pages`", "`total_size`"],
      [
        Callback("total_pages", "totalPages", "(Pointer) -> UInt64", "pages"),
        Callback("total_bytes", "totalBytes", "(Pointer) -> UInt64", "bytes"),
      ]),
  ]

  /// The handlers: types with one callback, which is not in a table.
  static let handlers = [
    HandlerMacro(
      name: "TimerHandler", module: "Kernel", property: "timerCallback", callback: "TimerCallback",
      adapter: "TimerAdapter", call: "expired($0)"),
    HandlerMacro(
      name: "WorkHandler", module: "Kernel", property: "workCallback", callback: "WorkCallback",
      adapter: "WorkAdapter", call: "run($0)"),
    HandlerMacro(
      name: "ThreadHandler", module: "Kernel", property: "threadCallback",
      callback: "ThreadCallback", adapter: "ThreadAdapter", call: "run($0)"),
    HandlerMacro(
      name: "DebugReport", module: "Kernel", property: "debugCallback", callback: "DebugCallback",
      adapter: "DebugAdapter", call: "write($0, $1, $2, $3)"),
    HandlerMacro(
      name: "BioHandler", module: "Block", property: "bioCallback", callback: "BioCallback",
      adapter: "BioAdapter", call: "ended($0)"),
    HandlerMacro(
      name: "CloneHandler", module: "BlockMQ", property: "cloneCallback",
      callback: "CloneCallback", adapter: "CloneAdapter", call: "ended($0)"),
    HandlerMacro(
      name: "CopyHandler", module: "DeviceMapper", property: "copyCallback",
      callback: "CopyCallback", adapter: "CopyAdapter", call: "ended($0, $1, $2)"),
  ]

  /// The types that the macros' code uses, besides those of the tables and the handlers.
  private static let otherMachinery = [
    "ModuleAdapter", "ParameterAdapter", "ConfigfsAdapter", "ConfigfsType", "ConfigfsParent",
    "ConfigfsRelease", "ConfigfsMake", "ConfigfsDrop", "DriverTraits", "TargetTraits",
    "RegionsCallback",
  ]

  /// All types that the macros' code uses.
  static let machinery = Set(
    drivers.flatMap(\.tables).flatMap { [$0.type, $0.adapter] }
      + handlers.flatMap { [$0.callback, $0.adapter] } + otherMachinery)
}

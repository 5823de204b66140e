// SPDX-License-Identifier: GPL-2.0-only
// @BlockDriver: the table of operations of a request-based block driver.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes the C table (`struct blk_mq_ops`) as constant data inside the driver's type.
///
/// An operation that the type implements in its body has an entry; every other entry is null. A C
/// function pointer cannot be formed from generic code, so the closures are written inside the
/// driver's type, where the type is known.
public struct BlockDriverMacro: MemberMacro, ExtensionMacro {
  /// An operation: the methods that implement it, the protocol that declares them, and its entries
  /// in the table.
  fileprivate struct Operation {
    let methods: [String]
    let conformance: String
    let entries: [(field: String, closure: String)]
  }

  /// The operations, in the order of the table's fields.
  private static let operations = [
    Operation(
      methods: ["commit"], conformance: "CommitOperation",
      entries: [("commitRequests", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::commit($0) }")]),
    Operation(
      methods: ["queueBatch"], conformance: "QueueBatchOperation",
      entries: [("queueRequests", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::queueBatch($0) }")]
    ),
    Operation(
      methods: ["takeBudget", "returnBudget"], conformance: "BudgetOperations",
      entries: [
        ("getBudget", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::takeBudget($0) }"),
        ("putBudget", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::returnBudget($0, $1) }"),
        (
          "setBudgetToken", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::setBudgetToken($0, $1) }"
        ),
        ("getBudgetToken", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::budgetToken($0) }"),
      ]),
    Operation(
      methods: ["timeOut"], conformance: "TimeoutOperation",
      entries: [("timeout", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::timeOut($0) }")]),
    Operation(
      methods: ["poll"], conformance: "PollOperation",
      entries: [("poll", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::poll($0, $1) }")]),
    Operation(
      methods: ["complete"], conformance: "CompleteOperation",
      entries: [("complete", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::complete($0) }")]),
    Operation(
      methods: ["makeHardwareQueueData"], conformance: "HardwareQueueDataOperation",
      entries: [
        (
          "initializeHardwareQueue",
          "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::initializeHardwareQueue($0, $1, $2) }"
        ),
        (
          "exitHardwareQueue",
          "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::exitHardwareQueue($0, $1) }"
        ),
      ]),
    Operation(
      methods: ["makeRequestData"], conformance: "RequestDataOperation", entries: []),
    Operation(
      methods: ["timerExpired"], conformance: "RequestTimerOperation", entries: []),
    Operation(
      methods: ["cleanUp"], conformance: "CleanUpOperation",
      entries: [("cleanUpRequest", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::cleanUp($0) }")]),
    Operation(
      methods: ["isBusy"], conformance: "BusyOperation",
      entries: [("busy", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::isBusy($0) }")]),
    Operation(
      methods: ["mapQueues"], conformance: "MapQueuesOperation",
      entries: [("mapQueues", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::mapQueues($0) }")]),
    Operation(
      methods: ["show"], conformance: "ShowOperation",
      entries: [("showRequest", "{ unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::show($0, $1) }")]),
  ]

  /// The operations of the disk, in the order of the fields of their own table.
  private static let diskOperations = [
    Operation(
      methods: ["openDisk"], conformance: "OpenDiskOperation",
      entries: [("open", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::open($0, $1) }")]),
    Operation(
      methods: ["releaseDisk"], conformance: "ReleaseDiskOperation",
      entries: [("release", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::release($0) }")]),
    Operation(
      methods: ["control"], conformance: "ControlOperation",
      entries: [
        ("control", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::control($0, $1, $2, $3) }")
      ]),
    Operation(
      methods: ["geometry"], conformance: "GeometryOperation",
      entries: [("geometry", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::geometry($0, $1) }")]),
    Operation(
      methods: ["changeReadOnly"], conformance: "ChangeReadOnlyOperation",
      entries: [
        ("changeReadOnly", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::changeReadOnly($0, $1) }")
      ]),
    Operation(
      methods: ["swapSlotFreed"], conformance: "SwapSlotOperation",
      entries: [
        ("swapSlotFreed", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::swapSlotFreed($0, $1) }")
      ]),
    Operation(
      methods: ["reportZones"], conformance: "ReportZonesOperation",
      entries: [
        ("reportZones", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::reportZones($0, $1) }")
      ]),
    Operation(
      methods: ["uniqueIdentifier"], conformance: "UniqueIdentifierOperation",
      entries: [
        (
          "uniqueIdentifier",
          "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::uniqueIdentifier($0, $1, $2) }"
        )
      ]),
    Operation(
      methods: ["partitionTableSector"], conformance: "PartitionTableOperation",
      entries: [
        ("tableSector", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::partitionTableSector($0) }")
      ]),
    Operation(
      methods: ["checkEvents"], conformance: "CheckEventsOperation",
      entries: [
        ("checkEvents", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::checkEvents($0, $1) }")
      ]),
    Operation(
      methods: ["changeReservation"], conformance: "ReservationOperation",
      entries: [
        ("reserve", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::changeReservation($0, $1) }")
      ]),
    Operation(
      methods: ["makeDiskData"], conformance: "DiskDataOperation",
      entries: [
        ("makeData", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::makeData($0, $1) }"),
        ("freeData", "{ unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::freeData($0) }"),
      ]),
  ]

  /// Returns the C tables, the properties that give their addresses, and the driver's traits.
  ///
  /// The disk's table is only returned if the body has one of the disk's operations.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic. Also
  /// reports a type that has only one of the two budget methods, budgets together with batches, or
  /// a conformance to a request operation whose method is not in the body.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@BlockDriver' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics,
        "a block driver cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    let methods = methods(of: type)
    // The block layer takes no budget for the requests of a batch, so the driver would return
    // budgets that the block layer never took.
    if let method = type.method("queueBatch"), methods.contains("takeBudget") {
      context.complain(
        method,
        "a driver with budgets cannot take batches: the block layer takes no budget for them")
    }
    // The protocol of all drivers has an empty `returnBudget`, which would satisfy the compiler.
    if let method = type.method("takeBudget"), !methods.contains("returnBudget") {
      context.complain(
        method, "a driver that takes budgets returns them: 'returnBudget' is missing")
    }
    if let method = type.method("returnBudget"), !methods.contains("takeBudget") {
      context.complain(
        method, "a driver returns the budgets that it takes: 'takeBudget' is missing")
    }
    // A protocol that the driver declares can also have the method. The compiler then does not
    // require it in the driver's type.
    for inherited in type.inheritanceClause?.inheritedTypes ?? [] {
      let name = inherited.type.trimmedDescription.split(separator: ".").last.map(String.init) ?? ""
      guard let operation = operations.first(where: { $0.conformance == name }),
        !operation.isImplemented(by: methods)
      else { continue }
      context.complain(
        inherited,
        "'\(operation.methods.joined(separator: "' and '"))' would not be called: it is not in the body of '\(type.name.text)'"
      )
    }
    let hasTimer = methods.contains("timerExpired")
    let arguments = tableArguments(methods)
    var members: [DeclSyntax] = [
      """
      nonisolated(unsafe) private static var __operations = unsafe BlockMQ::OperationsTable<Self>.BlockMQ::init(
        \(raw: arguments.joined(separator: ",\n  ")))
      """,
      """
      @unsafe static var operationsTable: Swift::UnsafePointer<BlockMQ::OperationsTable<Self>> {
        unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::address(of: &__operations)
      }
      """,
      """
      @inline(__always) static var traits: BlockMQ::DriverTraits<Self> {
        unsafe BlockMQ::DriverTraits<Self>.BlockMQ::init(
          hasBudget: \(raw: methods.contains("takeBudget")), hasTimer: \(raw: hasTimer),
          hasRequestData: \(raw: methods.contains("makeRequestData")),
          hasCompletion: \(raw: methods.contains("complete")))
      }
      """,
    ]
    let diskArguments = diskOperations.filter { $0.isImplemented(by: methods) }.flatMap(\.entries)
      .map { "\($0.field): \($0.closure)" }
    if !diskArguments.isEmpty {
      members += [
        """
        nonisolated(unsafe) private static var __diskOperations = unsafe BlockMQ::DiskOperationsTable<Self>.BlockMQ::init(
          \(raw: diskArguments.joined(separator: ",\n  ")))
        """,
        """
        @unsafe static var diskOperationsTable: Swift::UnsafeMutablePointer<BlockMQ::DiskOperationsTable<Self>>? {
          unsafe BlockMQ::DiskAdapter<Self>.BlockMQ::address(of: &__diskOperations)
        }
        """,
      ]
    }
    // Without the function that makes the data, its memory would be uninitialised.
    for (maker, data) in [
      ("makeRequestData", "RequestData"), ("makeHardwareQueueData", "HardwareQueueData"),
      ("makeDiskData", "DiskData"),
    ] where !methods.contains(maker) {
      members.append(
        """
        private static func __\(raw: maker)IsInTheBody() { BlockMQ::BlockAdapter<Self>.BlockMQ::hasNo\(raw: data)() }
        """)
    }
    return members
  }

  /// Returns a conformance for each operation that the body implements, unless the type declares it
  /// itself.
  public static func expansion(
    of node: AttributeSyntax, attachedTo declaration: some DeclGroupSyntax,
    providingExtensionsOf type: some TypeSyntaxProtocol, conformingTo protocols: [TypeSyntax],
    in context: some MacroExpansionContext
  ) throws -> [ExtensionDeclSyntax] {
    guard let structure = declaration.as(StructDeclSyntax.self),
      structure.genericParameterClause == nil
    else {
      return []
    }
    let methods = methods(of: structure)
    let wanted = protocols.map(\.trimmedDescription).map {
      $0.split(separator: ".").last.map(String.init) ?? $0
    }
    let conformances = (operations + diskOperations).filter {
      $0.isImplemented(by: methods) && wanted.contains($0.conformance)
    }
    .map { "BlockMQ::\($0.conformance)" }
    if conformances.isEmpty { return [] }
    let declaration: DeclSyntax =
      "extension \(type.trimmed): \(raw: conformances.joined(separator: ", ")) {}"
    return declaration.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
  }

  /// The table's arguments, in the order of its fields.
  private static func tableArguments(_ methods: Set<String>) -> [String] {
    var arguments = ["queueRequest: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::queue($0, $1) }"]
    for operation in operations {
      if operation.conformance == "RequestDataOperation" {
        // The request's data also contains the request's timer.
        guard methods.contains("makeRequestData") || methods.contains("timerExpired") else {
          continue
        }
        let timer = ", timer: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::timerExpired($0) }"
        arguments.append(
          "initializeRequest: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::initializeRequest($0, $1, $2, $3"
            + (methods.contains("timerExpired") ? timer : "") + ") }")
        arguments.append(
          "exitRequest: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::exitRequest($0, $1, $2) }")
      } else if operation.conformance == "HardwareQueueDataOperation",
        !operation.isImplemented(by: methods)
      {
        if methods.contains("makeRequestData") {
          arguments.append(
            "initializeHardwareQueue: { queue, _, _ in unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::beginHardwareQueue(queue) }"
          )
        }
        arguments.append(
          "exitHardwareQueue: { unsafe BlockMQ::BlockAdapter<Self>.BlockMQ::leaveHardwareQueue($0, $1) }"
        )
      } else if operation.isImplemented(by: methods) {
        arguments += operation.entries.map { "\($0.field): \($0.closure)" }
      }
    }
    return arguments
  }

  /// The names of the methods in the type's body.
  private static func methods(of type: StructDeclSyntax) -> Set<String> {
    Set(type.memberBlock.members.compactMap { $0.decl.as(FunctionDeclSyntax.self)?.name.plainName })
  }
}

extension BlockDriverMacro.Operation {
  fileprivate func isImplemented(by names: Set<String>) -> Bool {
    methods.contains { names.contains($0) }
  }
}

extension StructDeclSyntax {
  /// The method with the given name in the type's body, or nil.
  func method(_ name: String) -> FunctionDeclSyntax? {
    for member in memberBlock.members {
      if let method = member.decl.as(FunctionDeclSyntax.self), method.name.plainName == name {
        return method
      }
    }
    return nil
  }
}

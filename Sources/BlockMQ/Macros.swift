// SPDX-License-Identifier: GPL-2.0-only
// The macros of block drivers. Their implementation is in Sources/KernelMacros.
// C header: include/linux/blk-mq.h

/// Writes a block driver's C table of operations, as constant data inside the driver's type.
///
/// The table has an entry for each operation that the type implements in its body (not in an
/// extension), and null for the others.
///
/// | method | protocol | C callback |
/// |---|---|---|
/// | `queue` | `BlockDriver` | `queue_rq` |
/// | `commit` | `CommitOperation` | `commit_rqs` |
/// | `queueBatch` | `QueueBatchOperation` | `queue_rqs` |
/// | `takeBudget`, `returnBudget` | `BudgetOperations` | `get_budget`, `put_budget`, |
/// | | | `set_rq_budget_token`, `get_rq_budget_token` |
/// | `timeOut` | `TimeoutOperation` | `timeout` |
/// | `poll` | `PollOperation` | `poll` |
/// | `complete` | `CompleteOperation` | `complete` |
/// | `makeHardwareQueueData` | `HardwareQueueDataOperation` | `init_hctx`, `exit_hctx` |
/// | `makeRequestData` | `RequestDataOperation` | `init_request`, `exit_request` |
/// | `timerExpired` | `RequestTimerOperation` | (a timer in each request) |
/// | `cleanUp` | `CleanUpOperation` | `cleanup_rq` |
/// | `isBusy` | `BusyOperation` | `busy` |
/// | `mapQueues` | `MapQueuesOperation` | `map_queues` |
/// | `show` | `ShowOperation` | `show_rq` |
///
/// Also writes the table of the disk's own operations, if the driver implements one of them:
///
/// | method | protocol | C callback |
/// |---|---|---|
/// | `openDisk` | `OpenDiskOperation` | `open` |
/// | `releaseDisk` | `ReleaseDiskOperation` | `release` |
/// | `control` | `ControlOperation` | `ioctl`, `compat_ioctl` |
/// | `geometry` | `GeometryOperation` | `getgeo` |
/// | `changeReadOnly` | `ChangeReadOnlyOperation` | `set_read_only` |
/// | `swapSlotFreed` | `SwapSlotOperation` | `swap_slot_free_notify` |
/// | `reportZones` | `ReportZonesOperation` | `report_zones` |
/// | `uniqueIdentifier` | `UniqueIdentifierOperation` | `get_unique_id` |
/// | `partitionTableSector` | `PartitionTableOperation` | `alternative_gpt_sector` |
/// | `checkEvents` | `CheckEventsOperation` | `check_events` |
/// | `changeReservation` | `ReservationOperation` | `pr_ops` |
/// | `makeDiskData` | `DiskDataOperation` | (its end: `free_disk`) |
@attached(
  member, names: named(__operations), named(operationsTable), named(__diskOperations),
  named(diskOperationsTable), named(traits), named(__makeRequestDataIsInTheBody),
  named(__makeHardwareQueueDataIsInTheBody), named(__makeDiskDataIsInTheBody))
@attached(
  extension, conformances: CommitOperation, QueueBatchOperation, BudgetOperations, TimeoutOperation,
  PollOperation, CompleteOperation, HardwareQueueDataOperation, RequestDataOperation,
  RequestTimerOperation, CleanUpOperation, BusyOperation, MapQueuesOperation, ShowOperation,
  OpenDiskOperation, ReleaseDiskOperation, ControlOperation, GeometryOperation,
  ChangeReadOnlyOperation, SwapSlotOperation, ReportZonesOperation, UniqueIdentifierOperation,
  PartitionTableOperation, CheckEventsOperation, ReservationOperation, DiskDataOperation)
public macro BlockDriver() = #externalMacro(module: "KernelMacros", type: "BlockDriverMacro")

/// Writes the C table of a driver that takes bios inside its type. The type conforms to
/// `BioDriver`. If its body implements `reportZones`, its disk may have zones.
///
/// | method | protocol | C callback |
/// |---|---|---|
/// | `reportZones` | `BioReportZonesOperation` | `report_zones` |
/// | `submit` | `BioDriver` | `submit_bio` |
@attached(member, names: named(__bioOperations), named(bioOperationsTable))
@attached(extension, conformances: BioReportZonesOperation)
public macro BioDriver() = #externalMacro(module: "KernelMacros", type: "BioDriverMacro")

/// Writes the callbacks of the table with the struct's name, and its initialiser.
@attached(member, names: named(Entries), named(init))
macro CallbackTable() = #externalMacro(module: "KernelMacros", type: "CallbackTableMacro")

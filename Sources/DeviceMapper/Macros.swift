// SPDX-License-Identifier: GPL-2.0-only
// The macro of a target. Sources/KernelMacros generates its code.
// C header: include/linux/device-mapper.h (struct target_type)

public import Kernel

/// Writes a target's C table, as constant data inside the target's type: an entry for each
/// operation that the type implements in its body (not in an extension), and null for the others.
///
/// | method | protocol | C callback |
/// |---|---|---|
/// | `init` | `Target` | `ctr`, `dtr` |
/// | `map` | `MapOperation` | `map` |
/// | `mapRequest` | `MapRequestOperation` | `clone_and_map_rq`, `release_clone_rq` |
/// | `ended` | `EndOperation` | `end_io` |
/// | `requestEnded` | `EndRequestOperation` | `rq_end_io` |
/// | `willSuspend` | `WillSuspendOperation` | `presuspend` |
/// | `suspendCancelled` | `SuspendCancelledOperation` | `presuspend_undo` |
/// | `didSuspend` | `DidSuspendOperation` | `postsuspend` |
/// | `willResume` | `WillResumeOperation` | `preresume` |
/// | `didResume` | `DidResumeOperation` | `resume` |
/// | `status` | `StatusOperation` | `status` |
/// | `message` | `MessageOperation` | `message` |
/// | `prepareIoctl` | `PrepareIoctlOperation` | `prepare_ioctl` |
/// | `reportZones` | `ReportZonesOperation` | `report_zones` |
/// | `isBusy` | `BusyOperation` | `busy` |
/// | `visitDevices` | `VisitDevicesOperation` | `iterate_devices` |
/// | `adjustLimits` | `AdjustLimitsOperation` | `io_hints` |
/// | `mapDirectAccess` | `MapDirectAccessOperation` | `direct_access`, `dax_zero_page_range`, |
/// | | | `dax_recovery_write` |
/// | `regionsEnded` | `RegionsEndOperation` | (dm-io's `io_notify_fn`; not in the table) |
///
/// - Parameters:
///   - name: the name of the target in tables.
///   - version: the three numbers of the version, which `dmsetup targets` shows.
///   - features: the features of the type beyond its operations.
@attached(
  member, names: named(__table), named(targetTable), named(targetTraits), named(targetFeatures),
  named(__bioDataIsInTheBody), named(__inPlace), named(regionsCallback))
@attached(
  extension, conformances: MapOperation, MapRequestOperation, EndOperation, EndRequestOperation,
  WillSuspendOperation, SuspendCancelledOperation, DidSuspendOperation, WillResumeOperation,
  DidResumeOperation, StatusOperation, MessageOperation, PrepareIoctlOperation,
  ReportZonesOperation, BusyOperation, VisitDevicesOperation, AdjustLimitsOperation,
  MapDirectAccessOperation, RegionsEndOperation)
public macro DeviceMapperTarget(
  _ name: StaticCString, version: (UInt32, UInt32, UInt32), features: TargetFeatures = .none
) = #externalMacro(module: "KernelMacros", type: "DeviceMapperTargetMacro")

/// Writes the callbacks of the table with the struct's name, and its initialiser.
@attached(member, names: named(Entries), named(init))
macro CallbackTable() = #externalMacro(module: "KernelMacros", type: "CallbackTableMacro")

// SPDX-License-Identifier: GPL-2.0-only
// An event of a mapped device.
// C header: include/linux/device-mapper.h (dm_table_event)

internal import CKernel
public import Kernel

/// A way for a target to say, from any context, that something has happened which those that wait for the mapped device
/// (`dmsetup wait`) want to know.
public struct TargetEvent: ~Copyable, Sendable {
  private let item: WorkItem<EventHandler>

  init(_ handler: consuming EventHandler) throws(Errno) {
    item = try WorkItem(handler, on: .system, .kernel)
  }

  /// Wakes those that wait, soon. Several at once may be one.
  ///
  /// Context: any.
  public borrowing func signal() { item.queue() }
}

/// Wakes those that wait.
///
/// Invariant: `raw` is the target whose value owns the work item, which ends before it.
@WorkHandler @safe
struct EventHandler: WorkHandler, ~Copyable, @unchecked Sendable {
  let raw: UnsafeMutablePointer<dm_target>

  init(_ raw: UnsafeMutablePointer<dm_target>) {
    // INVARIANT: `NewTarget.makeEvent` has it.
    unsafe self.raw = raw
  }

  func run(_ work: borrowing WorkContext) {
    // SAFETY: the type's invariant.
    unsafe apus_dm_event(raw)
  }
}

extension NewTarget {
  /// Makes an event for the new target to own.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public borrowing func makeEvent() throws(Errno) -> TargetEvent {
    // SAFETY: the type's invariant; the event is a part of the target's value.
    try unsafe TargetEvent(EventHandler(raw))
  }
}

extension Sector {
  /// How often a number goes into this one, and what is left; nothing and all of it for 0.
  @inline(__always)
  public func divided(by number: UInt64) -> (quotient: UInt64, remainder: UInt64) {
    guard number > 0 else { return (0, count) }
    return (count / number, count % number)
  }
}

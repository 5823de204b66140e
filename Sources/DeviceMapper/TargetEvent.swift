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

  /// Wakes those that wait, soon. Several at once may be one. When the target has ended, nothing happens.
  ///
  /// Context: any.
  public borrowing func signal() { item.queue() }
}

/// Wakes those that wait, unless the target has ended.
@WorkHandler
struct EventHandler: WorkHandler, ~Copyable {
  let target: TargetShare

  init(_ target: consuming TargetShare) { self.target = target }

  func run(_ work: borrowing WorkContext) {
    // SAFETY: the target does not end meanwhile.
    _ = unsafe target.whileThere { target in unsafe apus_dm_signal(target) }
  }
}

extension NewTarget {
  /// Makes an event for the new target to own.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public borrowing func makeEvent() throws(Errno) -> TargetEvent {
    // SAFETY: the type's invariant.
    guard let target = unsafe apus_dm_make_event(raw, devices) else { throw .outOfMemory }
    return try unsafe TargetEvent(EventHandler(TargetShare(target)))
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

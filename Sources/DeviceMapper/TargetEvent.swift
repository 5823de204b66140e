// SPDX-License-Identifier: GPL-2.0-only
// An event of a mapped device.
// C header: include/linux/device-mapper.h (dm_table_event)

internal import CKernel
public import Kernel

/// An event that a target can signal from any context, to wake the tasks that wait for an event of
/// the mapped device (`dmsetup wait`).
public struct TargetEvent: ~Copyable, Sendable {
  private let item: WorkItem<EventHandler>

  init(_ handler: consuming EventHandler) throws(Errno) {
    item = try WorkItem(handler, on: .system, .kernel)
  }

  /// Wakes the waiting tasks soon. Several signals in a short time may wake them only once. After
  /// the target has ended, the call has no effect.
  ///
  /// Context: any.
  public borrowing func signal() { item.queue() }
}

/// Wakes the waiting tasks, unless the target has ended.
@WorkHandler
struct EventHandler: WorkHandler, ~Copyable {
  let target: TargetShare

  init(_ target: consuming TargetShare) { self.target = target }

  func run(_ work: borrowing WorkContext) {
    // SAFETY: the target does not end during the call.
    _ = unsafe target.whileThere { target in unsafe apus_dm_signal(target) }
  }
}

extension NewTarget {
  /// Makes an event, which the new target owns.
  ///
  /// Throws: `outOfMemory`.
  /// Context: may sleep.
  public borrowing func makeEvent() throws(Errno) -> TargetEvent {
    // SAFETY: the adapter keeps `raw` and `devices` for the call; the helper adds an entry to the
    // list.
    guard let target = unsafe apus_dm_make_event(raw, devices) else { throw .outOfMemory }
    return try unsafe TargetEvent(EventHandler(TargetShare(target)))
  }
}

extension Sector {
  /// Divides the number of sectors: returns the quotient and the remainder. For a divisor of 0, the
  /// quotient is 0, and the remainder is the number of sectors.
  @inline(__always)
  public func divided(by number: UInt64) -> (quotient: UInt64, remainder: UInt64) {
    guard number > 0 else { return (0, count) }
    return (count / number, count % number)
  }
}

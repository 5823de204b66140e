// SPDX-License-Identifier: GPL-2.0-only
// Handling of SIGINT, SIGTERM and SIGHUP. The handler records the signal; the code that waits for a
// child then ends the child.

import Foundation
import Synchronization

/// The signal that requested the end of this command, if any.
public enum Interruption {
  fileprivate static let caught = Atomic<Int32>(0)

  /// The signal's number, or nil.
  public static var signal: Int32? {
    let number = caught.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Starts recording signals. Child processes do not inherit handlers; they would inherit ignored
  /// signals.
  public static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      Foundation.signal(number) { Interruption.caught.store($0, ordering: .relaxed) }
    }
    Foundation.signal(SIGPIPE, SIG_IGN)
  }

  /// Throws a failure with the signal's status if a signal was recorded.
  public static func check() throws {
    if let number = signal { throw Failure("interrupted", status: 128 + number) }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// What happens at SIGINT, SIGTERM and SIGHUP: the signal is remembered, and whoever waits for a child ends the child.

import Foundation
import Synchronization

/// The signal that asked this command to end, if any.
public enum Interruption {
  fileprivate static let caught = Atomic<Int32>(0)

  /// The signal's number, or nil.
  public static var signal: Int32? {
    let number = caught.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Starts to remember signals. Handlers, unlike ignored signals, are not passed on to children.
  public static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      Foundation.signal(number) { Interruption.caught.store($0, ordering: .relaxed) }
    }
    Foundation.signal(SIGPIPE, SIG_IGN)
  }

  /// Throws the failure that stands for the signal, when there was one.
  public static func check() throws {
    if let number = signal { throw Failure("interrupted", status: 128 + number) }
  }
}

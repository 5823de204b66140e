// SPDX-License-Identifier: GPL-2.0-only
// Bytes gathered from a program's output, by whatever thread brings them.

import Synchronization

/// A buffer that grows at its end.
public final class Bytes: Sendable {
  private let storage = Mutex<[UInt8]>([])

  public init() {}

  public func append(_ bytes: [UInt8]) { storage.withLock { $0 += bytes } }

  /// What has come so far.
  public var content: [UInt8] { storage.withLock { $0 } }

  /// The same as text; what is not UTF-8 is replaced.
  public var text: String { String(decoding: content, as: UTF8.self) }
}

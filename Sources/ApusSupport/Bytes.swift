// SPDX-License-Identifier: GPL-2.0-only
// Collects the bytes of a program's output. Any thread may append to them.

import Synchronization

/// A buffer that grows at its end.
public final class Bytes: Sendable {
  private let storage = Mutex<[UInt8]>([])

  /// An empty buffer.
  public init() {}

  /// Adds bytes at the end.
  public func append(_ bytes: [UInt8]) { storage.withLock { $0 += bytes } }

  /// The bytes so far.
  public var content: [UInt8] { storage.withLock { $0 } }

  /// The same as text. Bytes that are not valid UTF-8 are replaced.
  public var text: String { String(decoding: content, as: UTF8.self) }
}

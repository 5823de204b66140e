// SPDX-License-Identifier: GPL-2.0-only
// A node of a machine with memory that is nearer to some CPUs than to others.
// C header: include/linux/numa.h, include/linux/nodemask.h

internal import CKernel

/// A NUMA node, or no preference.
///
/// Invariant: `rawValue` is `NUMA_NO_NODE`, or a node that had memory when the value was made.
public struct NUMANode: Equatable, Sendable {
  public let rawValue: CInt

  /// No preference. The corresponding C constant is `NUMA_NO_NODE`.
  public static var any: NUMANode { NUMANode(unchecked: NUMA_NO_NODE) }

  /// How many nodes are online. The corresponding C variable is `nr_online_nodes`.
  public static var onlineCount: Int {
    // SAFETY: it has no arguments and reads a word.
    Int(unsafe apus_online_nodes())
  }

  init(unchecked: CInt) { rawValue = unchecked }

  /// The node with a number.
  ///
  /// Throws: `invalidArgument` when the machine has no such node, or the node has no memory.
  public init(_ number: CInt) throws(Errno) {
    if number == NUMA_NO_NODE {
      self = .any
      return
    }
    // SAFETY: the helper checks the number against MAX_NUMNODES before it looks the node up.
    guard unsafe apus_node_is_possible(number) != 0 else { throw .invalidArgument }
    // INVARIANT: just checked.
    self.init(unchecked: number)
  }

  public static func == (left: NUMANode, right: NUMANode) -> Bool { left.rawValue == right.rawValue }
}

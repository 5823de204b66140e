// SPDX-License-Identifier: GPL-2.0-only
// NUMA nodes of the machine.
// C header: include/linux/numa.h, include/linux/nodemask.h

internal import CKernel

/// A NUMA node, or no preference.
///
/// Invariant: `rawValue` is `NUMA_NO_NODE`, or a node that had memory when the value was made.
public struct NUMANode: Equatable, Sendable {
  /// The node's number, or -1 (`NUMA_NO_NODE`) for no preference.
  public let rawValue: CInt

  /// No preference. The corresponding C constant is `NUMA_NO_NODE`.
  public static var any: NUMANode { NUMANode(unchecked: NUMA_NO_NODE) }

  /// The number of online nodes. The corresponding C variable is `nr_online_nodes`.
  public static var onlineCount: Int {
    // SAFETY: the helper takes no arguments and reads one word.
    Int(unsafe apus_online_nodes())
  }

  init(unchecked: CInt) { rawValue = unchecked }

  /// The node with this number.
  ///
  /// Throws: `invalidArgument` if the machine has no such node, or if the node has no memory.
  public init(_ number: CInt) throws(Errno) {
    if number == NUMA_NO_NODE {
      self = .any
      return
    }
    // SAFETY: the helper compares the number with MAX_NUMNODES before it looks up the node's state.
    guard unsafe apus_node_is_possible(number) != 0 else { throw .invalidArgument }
    // INVARIANT: just checked.
    self.init(unchecked: number)
  }

  /// Whether both are the same node, or both are no preference.
  public static func == (left: NUMANode, right: NUMANode) -> Bool {
    left.rawValue == right.rawValue
  }
}

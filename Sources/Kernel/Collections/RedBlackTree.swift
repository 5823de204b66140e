// SPDX-License-Identifier: GPL-2.0-only
// A tree of owned values, sorted by key.
// C header: include/linux/rbtree.h

internal import CKernel

/// Owned values in the order of their keys, each in its own allocation.
///
/// No two values have the same key.
///
/// The memory for a value is allocated when the value is inserted, or beforehand: a caller can make
/// a `Node` where allocation may sleep, insert it where it may not, and use it again later.
///
/// If `<` of the key type is not a strict order, lookups may not find some values until the tree
/// ends. The tree stays memory-safe.
///
/// Invariant: `root` is a red-black tree of `count` nodes, each the first field of a `Storage` from
/// a `Node`; the tree owns them.
///
/// ```swift
/// /// The dirty pages of a write-back cache, by their number on the device.
/// struct DirtyPages: ~Copyable {
///   private var pages = RedBlackTree<UInt64, Page>()
///   /// Where the next write-back continues, in the order of the device.
///   private var position: UInt64 = 0
///
///   mutating func add(_ page: consuming Page, at number: UInt64) throws(Errno) {
///     let node = try RedBlackTree.Node(number, page, .noIO)
///     // The older content of the page ends.
///     _ = pages.remove(number)
///     _ = pages.insert(node)
///   }
///
///   /// Takes the next page to be written back, or returns nil if all pages are clean.
///   mutating func takeNext() -> RedBlackTree<UInt64, Page>.Node? {
///     guard let next = pages.firstKey(from: position) ?? pages.firstKey else { return nil }
///     position = next
///     return pages.remove(next)
///   }
/// }
/// ```
@safe
public struct RedBlackTree<Key: Comparable, Value: ~Copyable>: ~Copyable {
  private var root: rb_root

  /// The number of values.
  public private(set) var count = 0

  @safe struct Storage: ~Copyable {
    // First, so that a node's address is also the address of its storage.
    var links: rb_node
    var key: Key
    var value: Value

    consuming func takeValue() -> Value { value }
  }

  /// A value and its key in their own allocation, in no tree.
  public struct Node: ~Copyable {
    let storage: HeapBox<Storage>

    /// Moves a value into its own allocation.
    ///
    /// Throws: `outOfMemory`; the value has ended then.
    /// Context: as the flags say.
    public init(
      _ key: Key, _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any
    ) throws(Errno) {
      // SAFETY: the links are written when the node is inserted.
      storage = try unsafe HeapBox(
        Storage(links: rb_node(), key: key, value: value), flags, node: node)
    }

    init(_ storage: consuming HeapBox<Storage>) { self.storage = storage }

    /// The key. It can be changed while the node is in no tree.
    public var key: Key {
      get { storage.value.key }
      set {
        // SAFETY: changing the key borrows the node exclusively, and no other code reaches its
        // memory.
        unsafe storage.address.pointee.key = newValue
      }
    }

    /// The value.
    public var value: Value {
      // SAFETY: the box owns the storage, which stays as long as this value.
      @inline(__always) _read { yield unsafe storage.address.pointee.value }
      @inline(__always) _modify {
        // SAFETY: changing the value borrows the node exclusively, and no other code reaches its
        // memory.
        yield unsafe &storage.address.pointee.value
      }
    }

    /// Moves the value out and frees the memory.
    public consuming func unboxed() -> Value { storage.unboxed().takeValue() }
  }

  /// An empty tree. It allocates nothing.
  public init() {
    // INVARIANT: all zeroes is an empty tree.
    unsafe root = rb_root()
  }

  deinit {
    // SAFETY: the type's invariant. Post-order visits children before their parents, and a node's
    // successor is read before the node ends.
    var tree = unsafe root
    var next = unsafe rb_first_postorder(&tree)
    while let node = unsafe next {
      unsafe next = rb_next_postorder(node)
      _ = unsafe HeapBox(owning: Self.storage(of: node))
    }
  }

  /// Whether the tree has no values.
  public var isEmpty: Bool { count == 0 }

  /// The smallest key, or nil if there is none.
  public var firstKey: Key? {
    // SAFETY: the type's invariant; the tree does not change during the lookup.
    unsafe Self.key(of: lookUp(.first))
  }

  /// The largest key, or nil if there is none.
  public var lastKey: Key? {
    // SAFETY: the type's invariant; the tree does not change during the lookup.
    unsafe Self.key(of: lookUp(.last))
  }

  /// The smallest key that is not less than `key`, or nil if there is none.
  public borrowing func firstKey(from key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change during the lookup.
    unsafe Self.key(of: lookUp(.firstFrom(key)))
  }

  /// The smallest key that is greater than `key`, or nil if there is none.
  public borrowing func firstKey(after key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change during the lookup.
    unsafe Self.key(of: lookUp(.firstAfter(key)))
  }

  /// The largest key that is not greater than `key`, or nil if there is none.
  public borrowing func lastKey(through key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change during the lookup.
    unsafe Self.key(of: lookUp(.lastThrough(key)))
  }

  /// Inserts a node.
  ///
  /// If the tree has a value with the same key, that value stays, and the call returns the node.
  ///
  /// The corresponding C function is `rb_insert_color`.
  ///
  /// Context: any.
  public mutating func insert(_ node: consuming Node) -> Node? {
    let key = node.key
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    var parent = unsafe root.rb_node
    var above: UnsafeMutablePointer<rb_node>? = nil
    var isLeft = false
    while let current = unsafe parent {
      let currentKey = unsafe Self.storage(of: current).pointee.key
      if key < currentKey {
        isLeft = true
      } else if currentKey < key {
        isLeft = false
      } else {
        return node
      }
      unsafe above = current
      unsafe parent = isLeft ? current.pointee.rb_left : current.pointee.rb_right
    }
    // SAFETY: the node is in no tree, and the tree owns its memory from here on; the position found
    // is empty.
    let links = unsafe UnsafeMutableRawPointer(node.storage.take()).assumingMemoryBound(
      to: rb_node.self)
    if let above = unsafe above {
      if isLeft {
        unsafe rb_link_node(links, above, &above.pointee.rb_left)
      } else {
        unsafe rb_link_node(links, above, &above.pointee.rb_right)
      }
    } else {
      unsafe rb_link_node(links, nil, &root.rb_node)
    }
    // INVARIANT: the node was just linked, and this call rebalances the tree.
    unsafe rb_insert_color(links, &root)
    count &+= 1
    return nil
  }

  /// Allocates a node and inserts a value, and returns true.
  ///
  /// If the tree has a value with the same key, that value stays, the new one ends, and the call
  /// returns false.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  @discardableResult
  public mutating func insert(_ key: Key, _ value: consuming Value, _ flags: AllocationFlags)
    throws(Errno) -> Bool
  {
    guard let refused = insert(try Node(key, value, flags)) else { return true }
    _ = consume refused
    return false
  }

  /// Removes the value with this key and returns its node, or nil if there is none.
  ///
  /// The corresponding C function is `rb_erase`.
  ///
  /// Context: any.
  public mutating func remove(_ key: Key) -> Node? {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    unsafe erase(lookUp(.exactly(key)))
  }

  /// Removes the value with the smallest key and returns its node, or nil if the tree is empty.
  ///
  /// Context: any.
  public mutating func popFirst() -> Node? {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    unsafe erase(lookUp(.first))
  }

  /// Removes the value with the smallest key and returns its node, or nil if the tree is empty or
  /// that key is greater than `key`.
  ///
  /// Drivers use it for values that have become due.
  ///
  /// Context: any.
  public mutating func popFirst(through key: Key) -> Node? {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    guard let node = unsafe lookUp(.first), unsafe !(key < Self.storage(of: node).pointee.key)
    else { return nil }
    return unsafe erase(node)
  }

  /// Removes the value with the largest key and returns its node, or nil if the tree is empty.
  ///
  /// Context: any.
  public mutating func popLast() -> Node? {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    unsafe erase(lookUp(.last))
  }

  /// Runs `body` with the value that has this key, or returns nil if there is none.
  @inline(__always)
  public borrowing func withValue<Result: ~Copyable, Failure: Error>(
    at key: Key, _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the tree does not change during the call.
    guard let node = unsafe lookUp(.exactly(key)) else { return nil }
    return try unsafe body(Self.storage(of: node).pointee.value)
  }

  /// Runs `body` with the value that has this key, for changing, or returns nil if there is none.
  @inline(__always)
  public mutating func withMutableValue<Result: ~Copyable, Failure: Error>(
    at key: Key, _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    guard let node = unsafe lookUp(.exactly(key)) else { return nil }
    return try unsafe body(&Self.storage(of: node).pointee.value)
  }

  /// Runs `body` with the smallest key that is not less than `key`, and its value.
  ///
  /// Returns nil if there is none.
  @inline(__always)
  public borrowing func withFirst<Result: ~Copyable, Failure: Error>(
    from key: Key, _ body: (Key, borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the tree does not change during the call.
    guard let node = unsafe lookUp(.firstFrom(key)) else { return nil }
    let storage = unsafe Self.storage(of: node)
    return try unsafe body(storage.pointee.key, storage.pointee.value)
  }

  /// Passes each key and value to `body`, the smallest key first.
  ///
  /// The corresponding C function is `rb_next`.
  @inline(__always)
  public borrowing func forEach<Failure: Error>(
    _ body: (Key, borrowing Value) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the tree does not change during the call.
    var next = unsafe lookUp(.first)
    while let node = unsafe next {
      let storage = unsafe Self.storage(of: node)
      try unsafe body(storage.pointee.key, storage.pointee.value)
      unsafe next = rb_next(node)
    }
  }

  /// Passes each key and value to `body`, the smallest key first. The body may change the value.
  @inline(__always)
  public mutating func forEachMutable<Failure: Error>(
    _ body: (Key, inout Value) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; this call has exclusive access to the tree.
    var next = unsafe lookUp(.first)
    while let node = unsafe next {
      let storage = unsafe Self.storage(of: node)
      try unsafe body(storage.pointee.key, &storage.pointee.value)
      unsafe next = rb_next(node)
    }
  }

  /// Removes and ends each value for which `matches` returns true, and returns their number.
  @inline(__always) @discardableResult
  public mutating func removeAll(where matches: (Key, borrowing Value) -> Bool) -> Int {
    // SAFETY: the type's invariant; this call has exclusive access to the tree, and a node's
    // successor is read before the node is removed.
    var next = unsafe lookUp(.first)
    var removed = 0
    while let node = unsafe next {
      let storage = unsafe Self.storage(of: node)
      unsafe next = rb_next(node)
      if unsafe matches(storage.pointee.key, storage.pointee.value) {
        _ = unsafe erase(node)
        removed &+= 1
      }
    }
    return removed
  }

  /// Removes and ends all values, and returns their number.
  @discardableResult
  public mutating func removeAll() -> Int {
    let removed = count
    self = RedBlackTree()
    return removed
  }

  // --- C nodes ---

  /// A position in the tree to look up.
  private enum Place {
    case first, last
    case exactly(Key)
    case firstFrom(Key)
    case firstAfter(Key)
    case lastThrough(Key)
  }

  /// The node at a position, or nil if there is none.
  @unsafe
  private borrowing func lookUp(_ place: Place) -> UnsafeMutablePointer<rb_node>? {
    // SAFETY: the type's invariant; the caller has borrowed the tree.
    var current = unsafe root.rb_node
    var best: UnsafeMutablePointer<rb_node>? = nil
    while let node = unsafe current {
      let key = unsafe Self.storage(of: node).pointee.key
      let goesLeft: Bool
      let isCandidate: Bool
      switch place {
      case .first:
        goesLeft = true
        isCandidate = true
      case .last:
        goesLeft = false
        isCandidate = true
      case .exactly(let wanted):
        goesLeft = wanted < key
        isCandidate = !goesLeft && !(key < wanted)
        if isCandidate { return unsafe node }
      case .firstFrom(let bound):
        goesLeft = !(key < bound)
        isCandidate = goesLeft
      case .firstAfter(let bound):
        goesLeft = bound < key
        isCandidate = goesLeft
      case .lastThrough(let bound):
        goesLeft = bound < key
        isCandidate = !goesLeft
      }
      if isCandidate { unsafe best = node }
      unsafe current = goesLeft ? node.pointee.rb_left : node.pointee.rb_right
    }
    return unsafe best
  }

  /// Removes a node of this tree.
  @unsafe
  private mutating func erase(_ node: UnsafeMutablePointer<rb_node>?) -> Node? {
    // SAFETY: the caller has looked up the node in this tree.
    guard let node = unsafe node else { return nil }
    unsafe rb_erase(node, &root)
    count &-= 1
    // INVARIANT: the node is in no tree now, and the result owns it.
    return unsafe Node(HeapBox(owning: Self.storage(of: node)))
  }

  /// The storage whose first field is this node.
  @inline(__always) @unsafe
  private static func storage(of node: UnsafeMutablePointer<rb_node>) -> UnsafeMutablePointer<
    Storage
  > {
    // SAFETY: the caller's node is in a tree of this type.
    unsafe UnsafeMutableRawPointer(node).assumingMemoryBound(to: Storage.self)
  }

  /// The key of a node, or nil for no node.
  @unsafe
  private static func key(of node: UnsafeMutablePointer<rb_node>?) -> Key? {
    // SAFETY: the caller's node is in a tree of this type.
    guard let node = unsafe node else { return nil }
    return unsafe storage(of: node).pointee.key
  }
}

// SAFETY: the values are reachable through the tree only, so it may be sent to another thread if
// they and the keys may.
extension RedBlackTree: @unchecked Sendable where Key: Sendable, Value: Sendable & ~Copyable {}
extension RedBlackTree.Node: @unchecked Sendable where Key: Sendable, Value: Sendable & ~Copyable {}

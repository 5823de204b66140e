// SPDX-License-Identifier: GPL-2.0-only
// A sorted tree of owned values, by key.
// C header: include/linux/rbtree.h

internal import CKernel

/// Owned values in the order of their keys, each in memory of its own; no two have the same key.
///
/// Memory for a value is asked for when it is inserted, or beforehand: a `Node` can be made where allocation may
/// sleep, inserted where it may not, and used again.
///
/// A key's `<` that is not an order hides values within the tree until it ends; nothing worse.
///
/// Invariant: `root` is a red-black tree of `count` nodes, each the first field of a `Core` from a `Node`; the tree
/// owns them.
@safe
public struct RedBlackTree<Key: Comparable, Value: ~Copyable>: ~Copyable {
  private var root: rb_root

  /// How many values there are.
  public private(set) var count = 0

  @safe struct Core: ~Copyable {
    // First, so that a node's address is its core's.
    var links: rb_node
    var key: Key
    var value: Value

    consuming func takeValue() -> Value { value }
  }

  /// A value and its key in memory of their own, in no tree.
  public struct Node: ~Copyable {
    let core: HeapBox<Core>

    /// Moves a value into memory.
    ///
    /// Throws: `outOfMemory`; the value has ended then.
    /// Context: as the flags say.
    public init(
      _ key: Key, _ value: consuming Value, _ flags: AllocationFlags, node: NUMANode = .any
    ) throws(Errno) {
      // SAFETY: the links are written when the node is inserted.
      core = try unsafe HeapBox(Core(links: rb_node(), key: key, value: value), flags, node: node)
    }

    init(_ core: consuming HeapBox<Core>) { self.core = core }

    /// The key, which can be changed while the node is in no tree.
    public var key: Key {
      get { core.value.key }
      set {
        // SAFETY: changing the key borrows the node mutably, and nobody else has its memory.
        unsafe core.address.pointee.key = newValue
      }
    }

    /// The value.
    public var value: Value {
      // SAFETY: the core is the box's, and stays as long as this value.
      @inline(__always) _read { yield unsafe core.address.pointee.value }
      @inline(__always) _modify {
        // SAFETY: changing the value borrows the node mutably, and nobody else has its memory.
        yield unsafe &core.address.pointee.value
      }
    }

    /// Takes the value out, and frees the memory.
    public consuming func unboxed() -> Value { core.unboxed().takeValue() }
  }

  /// An empty tree. It allocates nothing.
  public init() {
    // INVARIANT: all zeroes is an empty tree.
    unsafe root = rb_root()
  }

  deinit {
    // SAFETY: the type's invariant. Children come before their parents, and a node's successor is known before it ends.
    var tree = unsafe root
    var next = unsafe rb_first_postorder(&tree)
    while let node = unsafe next {
      unsafe next = rb_next_postorder(node)
      _ = unsafe HeapBox(owning: Self.core(of: node))
    }
  }

  /// Whether there is no value.
  public var isEmpty: Bool { count == 0 }

  /// The smallest key, or nil if there is none.
  public var firstKey: Key? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    unsafe Self.key(of: lookUp(.first))
  }

  /// The largest key, or nil if there is none.
  public var lastKey: Key? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    unsafe Self.key(of: lookUp(.last))
  }

  /// The smallest key that is not less than another, or nil if there is none.
  public borrowing func firstKey(from key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    unsafe Self.key(of: lookUp(.firstFrom(key)))
  }

  /// The smallest key that is greater than another, or nil if there is none.
  public borrowing func firstKey(after key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    unsafe Self.key(of: lookUp(.firstAfter(key)))
  }

  /// The largest key that is not greater than another, or nil if there is none.
  public borrowing func lastKey(through key: Key) -> Key? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    unsafe Self.key(of: lookUp(.lastThrough(key)))
  }

  /// Adds a value. If there is one with its key, that stays, and the new one is given back.
  /// The corresponding C function is `rb_insert_color`.
  ///
  /// Context: any.
  public mutating func insert(_ node: consuming Node) -> Node? {
    let key = node.key
    // SAFETY: the type's invariant; the tree is this call's alone.
    var parent = unsafe root.rb_node
    var above: UnsafeMutablePointer<rb_node>? = nil
    var isLeft = false
    while let current = unsafe parent {
      let currentKey = unsafe Self.core(of: current).pointee.key
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
    // SAFETY: the node is in no tree, and its memory is the tree's from here on; the place found is empty.
    let links = unsafe UnsafeMutableRawPointer(node.core.take()).assumingMemoryBound(to: rb_node.self)
    if let above = unsafe above {
      if isLeft {
        unsafe rb_link_node(links, above, &above.pointee.rb_left)
      } else {
        unsafe rb_link_node(links, above, &above.pointee.rb_right)
      }
    } else {
      unsafe rb_link_node(links, nil, &root.rb_node)
    }
    // INVARIANT: linked just now, and balanced by this.
    unsafe rb_insert_color(links, &root)
    count &+= 1
    return nil
  }

  /// Adds a value in memory that it asks for, and says whether it did: if there is one with its key, that stays, and
  /// the new one has ended.
  ///
  /// Throws: `outOfMemory`; the value has ended then.
  /// Context: as the flags say.
  @discardableResult
  public mutating func insert(_ key: Key, _ value: consuming Value, _ flags: AllocationFlags) throws(Errno) -> Bool {
    guard let refused = insert(try Node(key, value, flags)) else { return true }
    _ = consume refused
    return false
  }

  /// Takes the value with a key out with its memory, or gives nil if there is none.
  /// The corresponding C function is `rb_erase`.
  ///
  /// Context: any.
  public mutating func remove(_ key: Key) -> Node? {
    // SAFETY: the type's invariant; the tree is this call's alone.
    unsafe erase(lookUp(.exactly(key)))
  }

  /// Takes the value with the smallest key out with its memory, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popFirst() -> Node? {
    // SAFETY: the type's invariant; the tree is this call's alone.
    unsafe erase(lookUp(.first))
  }

  /// Takes the value with the smallest key out with its memory, unless that is greater than another, or gives nil: for
  /// what has become due.
  ///
  /// Context: any.
  public mutating func popFirst(through key: Key) -> Node? {
    // SAFETY: the type's invariant; the tree is this call's alone.
    guard let node = unsafe lookUp(.first), unsafe !(key < Self.core(of: node).pointee.key) else { return nil }
    return unsafe erase(node)
  }

  /// Takes the value with the largest key out with its memory, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popLast() -> Node? {
    // SAFETY: the type's invariant; the tree is this call's alone.
    unsafe erase(lookUp(.last))
  }

  /// Runs `body` with the value that has a key, or gives nil if there is none.
  @inline(__always)
  public borrowing func withValue<Result: ~Copyable, Failure: Error>(
    at key: Key, _ body: (borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    guard let node = unsafe lookUp(.exactly(key)) else { return nil }
    return try unsafe body(Self.core(of: node).pointee.value)
  }

  /// Runs `body` with the value that has a key, to change, or gives nil if there is none.
  @inline(__always)
  public mutating func withMutableValue<Result: ~Copyable, Failure: Error>(
    at key: Key, _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the tree is this call's alone.
    guard let node = unsafe lookUp(.exactly(key)) else { return nil }
    return try unsafe body(&Self.core(of: node).pointee.value)
  }

  /// Runs `body` with the value whose key is the smallest that is not less than another, or gives nil if there is none.
  @inline(__always)
  public borrowing func withFirst<Result: ~Copyable, Failure: Error>(
    from key: Key, _ body: (Key, borrowing Value) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    guard let node = unsafe lookUp(.firstFrom(key)) else { return nil }
    let core = unsafe Self.core(of: node)
    return try unsafe body(core.pointee.key, core.pointee.value)
  }

  /// Gives each key and value to `body`, the smallest key first. The corresponding C function is `rb_next`.
  @inline(__always)
  public borrowing func forEach<Failure: Error>(
    _ body: (Key, borrowing Value) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the tree does not change meanwhile.
    var next = unsafe lookUp(.first)
    while let node = unsafe next {
      let core = unsafe Self.core(of: node)
      try unsafe body(core.pointee.key, core.pointee.value)
      unsafe next = rb_next(node)
    }
  }

  /// Gives each key and value to `body`, to change the value, the smallest key first.
  @inline(__always)
  public mutating func forEachMutable<Failure: Error>(
    _ body: (Key, inout Value) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the tree is this call's alone.
    var next = unsafe lookUp(.first)
    while let node = unsafe next {
      let core = unsafe Self.core(of: node)
      try unsafe body(core.pointee.key, &core.pointee.value)
      unsafe next = rb_next(node)
    }
  }

  /// Ends each value for which `matches` is true, and gives their number.
  @inline(__always) @discardableResult
  public mutating func removeAll(where matches: (Key, borrowing Value) -> Bool) -> Int {
    // SAFETY: the type's invariant; the tree is this call's alone, and a node's successor is known before it leaves.
    var next = unsafe lookUp(.first)
    var removed = 0
    while let node = unsafe next {
      let core = unsafe Self.core(of: node)
      unsafe next = rb_next(node)
      if unsafe matches(core.pointee.key, core.pointee.value) {
        _ = unsafe erase(node)
        removed &+= 1
      }
    }
    return removed
  }

  /// Ends all values, and gives their number.
  @discardableResult
  public mutating func removeAll() -> Int {
    let removed = count
    self = RedBlackTree()
    return removed
  }

  // --- Nodes as C knows them ---

  /// Which node is looked for.
  private enum Place {
    case first, last
    case exactly(Key)
    case firstFrom(Key)
    case firstAfter(Key)
    case lastThrough(Key)
  }

  /// The node at a place, or nil if there is none.
  @unsafe
  private borrowing func lookUp(_ place: Place) -> UnsafeMutablePointer<rb_node>? {
    // SAFETY: the type's invariant; the caller has the tree borrowed.
    var current = unsafe root.rb_node
    var best: UnsafeMutablePointer<rb_node>? = nil
    while let node = unsafe current {
      let key = unsafe Self.core(of: node).pointee.key
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

  /// Takes a node of this tree out of it.
  @unsafe
  private mutating func erase(_ node: UnsafeMutablePointer<rb_node>?) -> Node? {
    // SAFETY: the caller has the node from this tree.
    guard let node = unsafe node else { return nil }
    unsafe rb_erase(node, &root)
    count &-= 1
    // INVARIANT: it is nobody's but the result's.
    return unsafe Node(HeapBox(owning: Self.core(of: node)))
  }

  /// The core that a node is the first field of.
  @inline(__always) @unsafe
  private static func core(of node: UnsafeMutablePointer<rb_node>) -> UnsafeMutablePointer<Core> {
    // SAFETY: the caller's node is in a tree of this type.
    unsafe UnsafeMutableRawPointer(node).assumingMemoryBound(to: Core.self)
  }

  /// A node's key.
  @unsafe
  private static func key(of node: UnsafeMutablePointer<rb_node>?) -> Key? {
    // SAFETY: the caller's node is in a tree of this type.
    guard let node = unsafe node else { return nil }
    return unsafe core(of: node).pointee.key
  }
}

// SAFETY: the tree is the one way to its values, so it may go where they and the keys may.
extension RedBlackTree: @unchecked Sendable where Key: Sendable, Value: Sendable & ~Copyable {}
extension RedBlackTree.Node: @unchecked Sendable where Key: Sendable, Value: Sendable & ~Copyable {}

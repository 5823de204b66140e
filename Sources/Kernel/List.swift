// SPDX-License-Identifier: GPL-2.0-only
// A list of owned elements.
// C header: include/linux/list.h (what it is used for; its nodes here hold their element, and the list may move)

/// Owned elements in an order, first in, first out or otherwise, each in memory of its own.
///
/// Memory for an element is asked for when it is appended, or beforehand: a `Node` can be made where allocation may
/// sleep, appended where it may not, and used again.
///
/// Invariant: from `first` on `next` leads through `count` nodes to `last`, and `previous` back; the list owns them.
@safe
public struct List<Element: ~Copyable>: ~Copyable {
  private var first: UnsafeMutablePointer<Core>?
  private var last: UnsafeMutablePointer<Core>?

  /// How many elements there are.
  public private(set) var count = 0

  @safe struct Core: ~Copyable {
    var next: UnsafeMutablePointer<Core>?
    var previous: UnsafeMutablePointer<Core>?
    var element: Element

    init(_ element: consuming Element) {
      // SAFETY: no neighbours, so nothing to follow.
      unsafe next = nil
      unsafe previous = nil
      self.element = element
    }

    consuming func takeElement() -> Element { element }
  }

  /// An element in memory of its own, in no list.
  public struct Node: ~Copyable {
    let core: HeapBox<Core>

    /// Moves an element into memory.
    ///
    /// Throws: `outOfMemory`; the element has ended then.
    /// Context: as the flags say.
    public init(_ element: consuming Element, _ flags: AllocationFlags, node: NUMANode = .any) throws(Errno) {
      core = try HeapBox(Core(element), flags, node: node)
    }

    init(_ core: consuming HeapBox<Core>) { self.core = core }

    /// The element.
    public var element: Element {
      // SAFETY: the core is the box's, and stays as long as this value.
      @inline(__always) _read { yield unsafe core.address.pointee.element }
      @inline(__always) _modify {
        // SAFETY: changing the element borrows the node mutably, and nobody else has its memory.
        yield unsafe &core.address.pointee.element
      }
    }

    /// Takes the element out, and frees the memory.
    public consuming func unboxed() -> Element { core.unboxed().takeElement() }
  }

  /// An empty list. It allocates nothing.
  public init() {
    // INVARIANT: no nodes.
    unsafe first = nil
    unsafe last = nil
  }

  deinit {
    // SAFETY: the type's invariant: each node is the list's, and is left behind before it ends.
    var next = unsafe first
    while let core = unsafe next {
      unsafe next = core.pointee.next
      _ = unsafe HeapBox(owning: core)
    }
  }

  /// Whether there is no element.
  public var isEmpty: Bool { count == 0 }

  /// Adds an element at the end.
  ///
  /// Context: any.
  public mutating func append(_ node: consuming Node) {
    // SAFETY: the node is in no list, and its memory is the list's from here on.
    let core = unsafe node.core.take()
    unsafe core.pointee.next = nil
    unsafe core.pointee.previous = last
    // INVARIANT: one node more, behind what was the last.
    if let last = unsafe last { unsafe last.pointee.next = core } else { unsafe first = core }
    unsafe last = core
    count &+= 1
  }

  /// Adds an element in front.
  ///
  /// Context: any.
  public mutating func prepend(_ node: consuming Node) {
    // SAFETY: the node is in no list, and its memory is the list's from here on.
    let core = unsafe node.core.take()
    unsafe core.pointee.previous = nil
    unsafe core.pointee.next = first
    // INVARIANT: one node more, before what was the first.
    if let first = unsafe first { unsafe first.pointee.previous = core } else { unsafe last = core }
    unsafe first = core
    count &+= 1
  }

  /// Adds an element at the end, in memory that it asks for.
  ///
  /// Throws: `outOfMemory`; the element has ended then.
  /// Context: as the flags say.
  public mutating func append(_ element: consuming Element, _ flags: AllocationFlags) throws(Errno) {
    append(try Node(element, flags))
  }

  /// Adds an element in front, in memory that it asks for.
  ///
  /// Throws: `outOfMemory`; the element has ended then.
  /// Context: as the flags say.
  public mutating func prepend(_ element: consuming Element, _ flags: AllocationFlags) throws(Errno) {
    prepend(try Node(element, flags))
  }

  /// Moves all elements of another list behind this one's, in their order.
  ///
  /// Context: any. Complexity: the same for any number.
  public mutating func append(contentsOf other: inout List) {
    // SAFETY: the type's invariant, of both.
    guard let otherFirst = unsafe other.first else { return }
    if let last = unsafe last { unsafe last.pointee.next = otherFirst } else { unsafe first = otherFirst }
    unsafe otherFirst.pointee.previous = last
    // INVARIANT: this list owns the other's nodes, which owns none.
    unsafe last = other.last
    count &+= other.count
    unsafe other.first = nil
    unsafe other.last = nil
    other.count = 0
  }

  /// Takes the first element out with its memory, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popFirstNode() -> Node? {
    // SAFETY: the type's invariant.
    guard let core = unsafe first else { return nil }
    return unsafe unlink(core)
  }

  /// Takes the last element out with its memory, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popLastNode() -> Node? {
    // SAFETY: the type's invariant.
    guard let core = unsafe last else { return nil }
    return unsafe unlink(core)
  }

  /// Takes the first element out, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popFirst() -> Element? { popFirstNode()?.unboxed() }

  /// Takes the last element out, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popLast() -> Element? { popLastNode()?.unboxed() }

  /// Runs `body` with the first element, or gives nil if there is none.
  @inline(__always)
  public mutating func withFirst<Result: ~Copyable, Failure: Error>(
    _ body: (inout Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; the list is this call's alone.
    guard let core = unsafe first else { return nil }
    return try unsafe body(&core.pointee.element)
  }

  /// Gives each element to `body`, the first one first.
  @inline(__always)
  public borrowing func forEach<Failure: Error>(
    _ body: (borrowing Element) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the list does not change meanwhile.
    var next = unsafe first
    while let core = unsafe next {
      try unsafe body(core.pointee.element)
      unsafe next = core.pointee.next
    }
  }

  /// Gives each element to `body` to change, the first one first.
  @inline(__always)
  public mutating func forEachMutable<Failure: Error>(
    _ body: (inout Element) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the list is this call's alone.
    var next = unsafe first
    while let core = unsafe next {
      try unsafe body(&core.pointee.element)
      unsafe next = core.pointee.next
    }
  }

  /// Takes the first element out with its memory for which `matches` is true, or gives nil if there is none.
  @inline(__always)
  public mutating func removeFirstNode(where matches: (borrowing Element) -> Bool) -> Node? {
    // SAFETY: the type's invariant; the list is this call's alone.
    var next = unsafe first
    while let core = unsafe next {
      if unsafe matches(core.pointee.element) { return unsafe unlink(core) }
      unsafe next = core.pointee.next
    }
    return nil
  }

  /// Takes the first element out for which `matches` is true, or gives nil if there is none.
  @inline(__always)
  public mutating func removeFirst(where matches: (borrowing Element) -> Bool) -> Element? {
    removeFirstNode(where: matches)?.unboxed()
  }

  /// Ends each element for which `matches` is true, and gives their number.
  @inline(__always) @discardableResult
  public mutating func removeAll(where matches: (borrowing Element) -> Bool) -> Int {
    // SAFETY: the type's invariant; the list is this call's alone.
    var next = unsafe first
    var removed = 0
    while let core = unsafe next {
      unsafe next = core.pointee.next
      if unsafe matches(core.pointee.element) {
        _ = unsafe unlink(core)
        removed &+= 1
      }
    }
    return removed
  }

  /// Ends all elements, the first one first, and gives their number.
  @discardableResult
  public mutating func removeAll() -> Int {
    let removed = count
    while let element = popFirst() { _ = consume element }
    return removed
  }

  /// Takes a node of this list out of it.
  @unsafe
  private mutating func unlink(_ core: UnsafeMutablePointer<Core>) -> Node {
    // SAFETY: the type's invariant, and the caller has the node from this list.
    let (next, previous) = unsafe (core.pointee.next, core.pointee.previous)
    // INVARIANT: the neighbours lead past it, and it is nobody's but the result's.
    if let previous = unsafe previous { unsafe previous.pointee.next = next } else { unsafe first = next }
    if let next = unsafe next { unsafe next.pointee.previous = previous } else { unsafe last = previous }
    count &-= 1
    return unsafe Node(HeapBox(owning: core))
  }
}

// SAFETY: the list is the one way to its elements, so it may go where they may.
extension List: @unchecked Sendable where Element: Sendable & ~Copyable {}
extension List.Node: @unchecked Sendable where Element: Sendable & ~Copyable {}

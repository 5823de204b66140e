// SPDX-License-Identifier: GPL-2.0-only
// A list of owned elements.
// C header: include/linux/list.h (same purpose; a node holds its element, and the list may move)

/// A list that owns its elements.
///
/// Each element is allocated separately. Elements can be added and taken at both ends.
///
/// The list allocates memory for an element when it is appended. A driver can also allocate it
/// beforehand: it can make a `Node` where allocation may sleep, append the node where it may not,
/// and use the node again.
///
/// Invariant: starting at `first`, `next` leads through `count` nodes to `last`, and `previous`
/// leads back; the list owns the nodes.
///
/// ```swift
/// struct PendingDiscard: Sendable {
///   let start: Sector
///   let length: Sector
/// }
///
/// struct DiscardJournal: ~Copyable {
///   private var pending = List<PendingDiscard>()
///
///   mutating func add(start: Sector, length: Sector) throws(Errno) {
///     try pending.append(PendingDiscard(start: start, length: length), .noIO)
///   }
///
///   /// After a flush: issues the discards, the oldest first.
///   mutating func issue(_ discard: (PendingDiscard) throws(Errno) -> Void) throws(Errno) {
///     while let next = pending.popFirst() { try discard(next) }
///   }
///
///   /// Drops the discards of sectors that have been written again.
///   mutating func overwritten(from start: Sector, to end: Sector) {
///     pending.removeAll { $0.start < end && start.count < $0.start.count &+ $0.length.count }
///   }
/// }
/// ```
@safe
public struct List<Element: ~Copyable>: ~Copyable {
  private var first: UnsafeMutablePointer<Storage>?
  private var last: UnsafeMutablePointer<Storage>?

  /// The number of elements.
  public private(set) var count = 0

  @safe struct Storage: ~Copyable {
    var next: UnsafeMutablePointer<Storage>?
    var previous: UnsafeMutablePointer<Storage>?
    var element: Element

    init(_ element: consuming Element) {
      // SAFETY: the node has no neighbours, so both pointers are nil.
      unsafe next = nil
      unsafe previous = nil
      self.element = element
    }

    consuming func takeElement() -> Element { element }
  }

  /// An allocated element that is in no list.
  public struct Node: ~Copyable {
    let storage: HeapBox<Storage>

    /// Allocates memory and moves an element into it.
    ///
    /// Throws: `outOfMemory`; the element is destroyed then.
    /// Context: as the flags say.
    public init(_ element: consuming Element, _ flags: AllocationFlags, node: NUMANode = .any)
      throws(Errno)
    {
      storage = try HeapBox(Storage(element), flags, node: node)
    }

    init(_ storage: consuming HeapBox<Storage>) { self.storage = storage }

    /// The element.
    public var element: Element {
      // SAFETY: the box owns the storage, which lives as long as this value.
      @inline(__always) _read { yield unsafe storage.address.pointee.element }
      @inline(__always) _modify {
        // SAFETY: mutating the element borrows the node mutably, and the node alone owns the
        // memory.
        yield unsafe &storage.address.pointee.element
      }
    }

    /// Moves the element out of the node, and frees the memory.
    public consuming func unboxed() -> Element { storage.unboxed().takeElement() }
  }

  /// Creates an empty list. Does not allocate.
  public init() {
    // INVARIANT: no nodes.
    unsafe first = nil
    unsafe last = nil
  }

  deinit {
    // SAFETY: the type's invariant: the list owns each node, and reads its `next` before destroying
    // it.
    var next = unsafe first
    while let storage = unsafe next {
      unsafe next = storage.pointee.next
      _ = unsafe HeapBox(owning: storage)
    }
  }

  /// Whether the list is empty.
  public var isEmpty: Bool { count == 0 }

  /// Adds an element at the end.
  ///
  /// Context: any.
  public mutating func append(_ node: consuming Node) {
    // SAFETY: the node is in no list, and the list owns its memory from here on.
    let storage = unsafe node.storage.take()
    unsafe storage.pointee.next = nil
    unsafe storage.pointee.previous = last
    // INVARIANT: one more node, after the one that was last.
    if let last = unsafe last { unsafe last.pointee.next = storage } else { unsafe first = storage }
    unsafe last = storage
    count &+= 1
  }

  /// Adds an element at the front.
  ///
  /// Context: any.
  public mutating func prepend(_ node: consuming Node) {
    // SAFETY: the node is in no list, and the list owns its memory from here on.
    let storage = unsafe node.storage.take()
    unsafe storage.pointee.previous = nil
    unsafe storage.pointee.next = first
    // INVARIANT: one more node, before the one that was first.
    if let first = unsafe first {
      unsafe first.pointee.previous = storage
    } else {
      unsafe last = storage
    }
    unsafe first = storage
    count &+= 1
  }

  /// Allocates memory for an element and adds it at the end.
  ///
  /// Throws: `outOfMemory`; the element is destroyed then.
  /// Context: as the flags say.
  public mutating func append(_ element: consuming Element, _ flags: AllocationFlags) throws(Errno)
  {
    append(try Node(element, flags))
  }

  /// Allocates memory for an element and adds it at the front.
  ///
  /// Throws: `outOfMemory`; the element is destroyed then.
  /// Context: as the flags say.
  public mutating func prepend(_ element: consuming Element, _ flags: AllocationFlags) throws(Errno)
  {
    prepend(try Node(element, flags))
  }

  /// Moves all elements of another list to the end of this one, in their order.
  ///
  /// Context: any. Complexity: constant.
  public mutating func append(contentsOf other: inout List) {
    // SAFETY: the type's invariant, for both lists.
    guard let otherFirst = unsafe other.first else { return }
    if let last = unsafe last {
      unsafe last.pointee.next = otherFirst
    } else {
      unsafe first = otherFirst
    }
    unsafe otherFirst.pointee.previous = last
    // INVARIANT: this list owns the nodes of the other list, which becomes empty.
    unsafe last = other.last
    count &+= other.count
    unsafe other.first = nil
    unsafe other.last = nil
    other.count = 0
  }

  /// Removes the first element and returns its node, or returns nil if the list is empty.
  ///
  /// Context: any.
  public mutating func popFirstNode() -> Node? {
    // SAFETY: `first` is nil or a node that this list owns, so `unlink` may remove it.
    guard let storage = unsafe first else { return nil }
    return unsafe unlink(storage)
  }

  /// Removes the last element and returns its node, or returns nil if the list is empty.
  ///
  /// Context: any.
  public mutating func popLastNode() -> Node? {
    // SAFETY: `last` is nil or a node that this list owns, so `unlink` may remove it.
    guard let storage = unsafe last else { return nil }
    return unsafe unlink(storage)
  }

  /// Removes and returns the first element, or returns nil if the list is empty.
  ///
  /// Context: any.
  public mutating func popFirst() -> Element? { popFirstNode()?.unboxed() }

  /// Removes and returns the last element, or returns nil if the list is empty.
  ///
  /// Context: any.
  public mutating func popLast() -> Element? { popLastNode()?.unboxed() }

  /// Calls `body` with the first element, or returns nil if the list is empty.
  @inline(__always)
  public mutating func withFirst<Result: ~Copyable, Failure: Error>(
    _ body: (inout Element) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    // SAFETY: the type's invariant; this call has exclusive access to the list.
    guard let storage = unsafe first else { return nil }
    return try unsafe body(&storage.pointee.element)
  }

  /// Calls `body` with each element, in order.
  @inline(__always)
  public borrowing func forEach<Failure: Error>(
    _ body: (borrowing Element) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; the list does not change during the call.
    var next = unsafe first
    while let storage = unsafe next {
      try unsafe body(storage.pointee.element)
      unsafe next = storage.pointee.next
    }
  }

  /// Calls `body` with each element, in order. `body` may change the element.
  @inline(__always)
  public mutating func forEachMutable<Failure: Error>(
    _ body: (inout Element) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the type's invariant; this call has exclusive access to the list.
    var next = unsafe first
    while let storage = unsafe next {
      try unsafe body(&storage.pointee.element)
      unsafe next = storage.pointee.next
    }
  }

  /// Removes the first element for which `matches` returns true, and returns its node.
  ///
  /// Returns nil if there is none.
  @inline(__always)
  public mutating func removeFirstNode(where matches: (borrowing Element) -> Bool) -> Node? {
    // SAFETY: the type's invariant; this call has exclusive access to the list.
    var next = unsafe first
    while let storage = unsafe next {
      if unsafe matches(storage.pointee.element) { return unsafe unlink(storage) }
      unsafe next = storage.pointee.next
    }
    return nil
  }

  /// Removes and returns the first element for which `matches` returns true, or returns nil if
  /// there is none.
  @inline(__always)
  public mutating func removeFirst(where matches: (borrowing Element) -> Bool) -> Element? {
    removeFirstNode(where: matches)?.unboxed()
  }

  /// Destroys each element for which `matches` returns true, and returns their number.
  @inline(__always) @discardableResult
  public mutating func removeAll(where matches: (borrowing Element) -> Bool) -> Int {
    // SAFETY: the type's invariant; this call has exclusive access to the list.
    var next = unsafe first
    var removed = 0
    while let storage = unsafe next {
      unsafe next = storage.pointee.next
      if unsafe matches(storage.pointee.element) {
        _ = unsafe unlink(storage)
        removed &+= 1
      }
    }
    return removed
  }

  /// Destroys all elements, in order, and returns their number.
  @discardableResult
  public mutating func removeAll() -> Int {
    let removed = count
    while let element = popFirst() { _ = consume element }
    return removed
  }

  /// Removes a node of this list.
  @unsafe
  private mutating func unlink(_ storage: UnsafeMutablePointer<Storage>) -> Node {
    // SAFETY: the type's invariant; the caller found the node in this list.
    let (next, previous) = unsafe (storage.pointee.next, storage.pointee.previous)
    // INVARIANT: the neighbours no longer point to the node, which the result owns.
    if let previous = unsafe previous {
      unsafe previous.pointee.next = next
    } else {
      unsafe first = next
    }
    if let next = unsafe next {
      unsafe next.pointee.previous = previous
    } else {
      unsafe last = previous
    }
    count &-= 1
    return unsafe Node(HeapBox(owning: storage))
  }
}

// SAFETY: only the list gives access to its elements, so it is as safe to send as they are.
extension List: @unchecked Sendable where Element: Sendable & ~Copyable {}
extension List.Node: @unchecked Sendable where Element: Sendable & ~Copyable {}

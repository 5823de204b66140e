// SPDX-License-Identifier: GPL-2.0-only
// The C interface of configfs: calls an item's method from a C callback and converts the result.
// C header: include/linux/configfs.h

internal import CKernel

/// Entry points for the code that the macro generates. Drivers do not call them.
///
/// Contract of configfs: the item passed to a callback is the `config_item` at the start of a
/// `ConfigfsNode` of this type. It lives until configfs has called `release` for it.
public enum ConfigfsAdapter<Item: ConfigfsItem & ~Copyable> {
  private static func node(_ item: OpaquePointer) -> UnsafeMutablePointer<ConfigfsNode<Item>> {
    // SAFETY: the contract above.
    unsafe UnsafeMutableRawPointer(item).assumingMemoryBound(to: ConfigfsNode<Item>.self)
  }

  /// The C callback `release`: no reference to the item is left.
  @inline(__always) @unsafe
  public static func release(_ item: OpaquePointer?) {
    // SAFETY: this only checks for null.
    guard let item = unsafe item else { return }
    // SAFETY: the contract above; the memory was taken from a box. The item holds a reference to
    // its parent, so the parent still exists.
    let above = unsafe apus_configfs_end(&node(item).pointee.configfs)
    do { _ = unsafe HeapBox(owning: node(item)) }
    unsafe apus_configfs_released(above)
  }

  /// Throws `invalidArgument` if a value is not in an attribute's range.
  @inline(__always)
  public static func check<Value: FixedWidthInteger>(
    _ value: Value, from lower: Value, through upper: Value
  ) throws(Errno) {
    guard value >= lower, value <= upper else { throw .invalidArgument }
  }

  /// The C callback `show` of an attribute.
  @inline(__always) @unsafe
  public static func show(
    _ item: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ body: (borrowing Item, inout TextWriter) throws(Errno) -> Void
  ) -> Int {
    // SAFETY: this only checks for null.
    guard let item = unsafe item, let buffer = unsafe buffer else { return 0 }
    var failure: Errno?
    // SAFETY: configfs passes a page.
    let count = unsafe withPageWriter(buffer) { writer in
      do throws(Errno) { try unsafe body(node(item).pointee.item, &writer) } catch {
        failure = error
      }
    }
    if let failure { return Int(failure.kernelResult) }
    return Int(count)
  }

  /// The C callback `store` of an attribute. Runs under the directory's lock for stores.
  @inline(__always) @unsafe
  public static func store(
    _ item: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ count: Int,
    _ body: (borrowing Item, borrowing CString, borrowing ConfigfsChange) throws(Errno) -> Void
  ) -> Int {
    // SAFETY: this only checks for null.
    guard let item = unsafe item, let text = unsafe text else { return 0 }
    // SAFETY: configfs appends a NUL to what the user wrote, and keeps the string valid during this
    // call.
    let string = unsafe CString(text)
    do throws(Errno) {
      // SAFETY: the contract above; configfs keeps the item linked during this call.
      try Errno.check(unsafe apus_configfs_lock(&node(item).pointee.configfs))
      // SAFETY: this task took the lock above.
      defer { unsafe apus_configfs_unlock(&node(item).pointee.configfs) }
      // INVARIANT: the lifetime of the change ends with this call, before the lock is released.
      try unsafe body(node(item).pointee.item, string, ConfigfsChange())
      return count
    } catch {
      return Int(error.kernelResult)
    }
  }
}

extension ConfigfsAdapter where Item: CreatedConfigfsItem & ~Copyable {
  /// The C callback `make_group`, for a user's mkdir.
  @inline(__always) @unsafe
  public static func make(_ parent: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> OpaquePointer?
  {
    // SAFETY: this only checks for null.
    guard let parent = unsafe parent, let name = unsafe name else {
      return unsafe failure(.invalidArgument)
    }
    do throws(Errno) {
      // SAFETY: only groups in which items of this type are made have this callback, so the parent
      // is one of them.
      guard let root = unsafe apus_configfs_parent(UnsafeMutablePointer<config_group>(parent))
      else {
        throw .noSuchDevice
      }
      // SAFETY: configfs keeps the name valid during this call; the group is the first field of a
      // ConfigfsNode, which `ConfigfsNode.make` made.
      let rootCore = unsafe UnsafeMutableRawPointer(root).assumingMemoryBound(
        to: ConfigfsNode<Item.Root>.self)
      // SAFETY: the parent is linked, and configfs holds su_mutex.
      try Errno.check(unsafe apus_configfs_lock(root))
      // SAFETY: this task took the lock above.
      defer { unsafe apus_configfs_unlock(root) }
      let item = try unsafe Item(name: CString(name), in: rootCore.pointee.item)
      let box = try unsafe HeapBox(
        ConfigfsNode(configfs: apus_configfs(), item: item, type: nil, items: nil), .kernel)
      // SAFETY: configfs counts the references from here on, and `release` takes the memory back.
      let node = unsafe box.take()
      unsafe apus_configfs_init_item(&node.pointee.configfs, root)
      do throws(Errno) {
        try Errno.check(unsafe apus_configfs_name(&node.pointee.configfs, name))
        try unsafe Item.addGroups(of: node.pointee.item, to: ConfigfsParent(&node.pointee.configfs))
      } catch {
        // SAFETY: this is the only reference; `release` takes the memory back.
        unsafe apus_configfs_put(&node.pointee.configfs)
        throw error
      }
      // SAFETY: initialised above.
      return unsafe OpaquePointer(apus_configfs_group(&node.pointee.configfs))
    } catch {
      return unsafe failure(error)
    }
  }

  /// The C callback `drop_item`, for a user's rmdir. Drops the reference that `make` returned.
  @inline(__always) @unsafe
  public static func drop(_ parent: OpaquePointer?, _ item: OpaquePointer?) {
    // SAFETY: this only checks for null.
    guard let item = unsafe item else { return }
    // SAFETY: the contract above.
    unsafe node(item).pointee.item.willRemove()
    unsafe apus_configfs_put(&node(item).pointee.configfs)
  }

  private static func failure(_ error: Errno) -> OpaquePointer? {
    // SAFETY: any error is a valid argument.
    unsafe OpaquePointer(apus_err_ptr(error.kernelResult))
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The C edge of configfs: from a callback to the item's method, and its answer back.
// C header: include/linux/configfs.h

internal import CKernel

/// The calls that the macro's code makes. A driver does not use them.
///
/// Contract of configfs: an item that a callback is given is the `config_item` at the start of a `ConfigurationCore` of this
/// type, and lives until `release` was called for it.
public enum ConfigurationAdapter<Item: ConfigurationItem & ~Copyable> {
  private static func core(_ item: OpaquePointer) -> UnsafeMutablePointer<ConfigurationCore<Item>> {
    // SAFETY: the contract above.
    unsafe UnsafeMutableRawPointer(item).assumingMemoryBound(to: ConfigurationCore<Item>.self)
  }

  /// `release`: nobody refers to the item any more.
  @inline(__always) @unsafe
  public static func release(_ item: OpaquePointer?) {
    // SAFETY: only null is looked for.
    guard let item = unsafe item else { return }
    // SAFETY: the contract above; the memory is what was taken from a box. The parent is counted, and so still there.
    let parent = unsafe apus_configfs_end(&core(item).pointee.configfs)
    do { _ = unsafe HeapBox(owning: core(item)) }
    if let parent = unsafe parent { unsafe apus_configfs_put(parent) }
  }

  /// Whether a value that was read is in an attribute's range.
  @inline(__always)
  public static func check<Value: FixedWidthInteger>(
    _ value: Value, from lower: Value, through upper: Value
  ) throws(Errno) {
    guard value >= lower, value <= upper else { throw .invalidArgument }
  }

  /// `show`, of a method's.
  @inline(__always) @unsafe
  public static func show(
    _ item: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?,
    _ body: (borrowing Item, inout TextWriter) throws(Errno) -> Void
  ) -> Int {
    // SAFETY: only null is looked for.
    guard let item = unsafe item, let buffer = unsafe buffer else { return 0 }
    var failure: Errno?
    // SAFETY: configfs gives a page.
    let count = unsafe withPageWriter(buffer) { writer in
      do throws(Errno) { try unsafe body(core(item).pointee.item, &writer) } catch { failure = error }
    }
    if let failure { return Int(failure.kernelResult) }
    return Int(count)
  }

  /// `store`, of a method's or of a setting's, under the lock of the directory.
  @inline(__always) @unsafe
  public static func store(
    _ item: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ count: Int,
    _ body: (borrowing Item, borrowing CString, borrowing ConfigurationChange) throws(Errno) -> Void
  ) -> Int {
    // SAFETY: only null is looked for.
    guard let item = unsafe item, let text = unsafe text else { return 0 }
    // SAFETY: configfs puts a NUL behind what the user wrote, and keeps it during this call.
    let string = unsafe CString(text)
    do throws(Errno) {
      // SAFETY: the contract above; configfs keeps the item where it is during this call.
      try Errno.check(unsafe apus_configfs_lock(&core(item).pointee.configfs))
      // SAFETY: taken just now, by this task.
      defer { unsafe apus_configfs_unlock(&core(item).pointee.configfs) }
      // INVARIANT: the change ends with the call, and so before the lock.
      try unsafe body(core(item).pointee.item, string, ConfigurationChange())
      return count
    } catch {
      return Int(error.kernelResult)
    }
  }
}

extension ConfigurationAdapter where Item: MadeConfigurationItem & ~Copyable {
  /// `make_group`: a user's mkdir.
  @inline(__always) @unsafe
  public static func make(_ parent: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> OpaquePointer? {
    // SAFETY: only null is looked for.
    guard let parent = unsafe parent, let name = unsafe name else { return unsafe failure(.invalidArgument) }
    do throws(Errno) {
      // SAFETY: the parent is a group that items of this type are made in, since only that has a type with this callback.
      guard let root = unsafe apus_configfs_parent(UnsafeMutablePointer<config_group>(parent)) else {
        throw .noSuchDevice
      }
      // SAFETY: configfs gives a name that it keeps during this call; the group is a ConfigurationCore's first field, as
      // `ConfigurationCore.make` made it.
      let rootCore = unsafe UnsafeMutableRawPointer(root).assumingMemoryBound(to: ConfigurationCore<Item.Root>.self)
      // SAFETY: the parent is linked, and configfs holds su_mutex.
      try Errno.check(unsafe apus_configfs_lock(root))
      // SAFETY: taken just now, by this task.
      defer { unsafe apus_configfs_unlock(root) }
      let item = try unsafe Item(name: CString(name), in: rootCore.pointee.item)
      let box = try unsafe HeapBox(
        ConfigurationCore(configfs: apus_configfs(), item: item, type: nil, items: nil), .kernel)
      // SAFETY: configfs counts references to it from here on, and `release` takes it back.
      let core = unsafe box.take()
      unsafe apus_configfs_init_item(&core.pointee.configfs, root)
      do throws(Errno) {
        try Errno.check(unsafe apus_configfs_name(&core.pointee.configfs, name))
        try unsafe Item.addGroups(of: core.pointee.item, to: ConfigurationParent(&core.pointee.configfs))
      } catch {
        // SAFETY: the one reference; `release` takes the memory back.
        unsafe apus_configfs_put(&core.pointee.configfs)
        throw error
      }
      // SAFETY: initialised above; configfs holds the lock that the count has.
      return unsafe OpaquePointer(apus_configfs_made(&core.pointee.configfs))
    } catch {
      return unsafe failure(error)
    }
  }

  /// `drop_item`: a user's rmdir. The reference that `make` gave goes.
  @inline(__always) @unsafe
  public static func drop(_ parent: OpaquePointer?, _ item: OpaquePointer?) {
    // SAFETY: only null is looked for.
    guard let item = unsafe item else { return }
    // SAFETY: the contract above.
    unsafe core(item).pointee.item.willRemove()
    unsafe apus_configfs_drop(&core(item).pointee.configfs)
  }

  private static func failure(_ error: Errno) -> OpaquePointer? {
    // SAFETY: any error is a valid argument.
    unsafe OpaquePointer(apus_err_ptr(error.kernelResult))
  }
}

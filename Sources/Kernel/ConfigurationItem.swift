// SPDX-License-Identifier: GPL-2.0-only
// What lives in a directory of configfs.
// C header: include/linux/configfs.h (struct config_item, struct config_group)

internal import CKernel

/// A directory below /sys/kernel/config, with a file for each attribute.
///
/// Attach `@ConfigurationItem` to the type. Its attributes are
/// - stored properties `@Attribute("name") let name = Setting<Int>(…)`, shown and set by the library. A `Setting` holds a
///   `Bool` or an integer of any width, a `NamedSetting` one of several names, a `TextSetting` a string of bounded length;
/// - methods `@Show("name") borrowing func (_ writer: inout TextWriter) throws(Errno)` and
///   `@Store("name") borrowing func (_ text: borrowing CString, _ change: borrowing ConfigurationChange) throws(Errno)`. One
///   without the other makes a file that can only be read, or only be written. A `@Store` that sets no setting needs no change.
///
/// With `when: condition` an attribute is there only on kernels, or in configurations, for which the condition holds when
/// the directory's kind is first made known to configfs.
///
/// Directories that come and go with this one are stored properties `@Group("name") let name: ConfigurationGroup<…>` or
/// `FaultInjection`.
///
/// The rules, and who keeps them:
/// - Attributes are read and written by several tasks concurrently, so the item is only borrowed.
///   (The types keep it.)
/// - Writes come one at a time: of all attributes of a directory, and of those of the groups that
///   came with it, one is being stored at any time, from before `willChange` until the setting is
///   set, or until the `@Store` returns. So what one store finds stays until it returns, and two
///   never lose what the other set. What users make in the directory is made under the same lock,
///   and then has one of its own. (`ConfigurationAdapter` keeps it. A task that waits for its turn
///   can be killed.)
/// - A setting is set in a store, or not at all: `set` needs the `ConfigurationChange` that only a
///   store has. What changes otherwise is no setting, but an `Atomic` or what a lock protects, with
///   a `@Show`. (The types keep it.)
/// - A `@Show` does not wait for a store: it sees each setting as it was before, or as it is after
///   it.
/// - An item ends when its directory is removed and no attribute of it is being read or written any more; files that are still
///   open answer ENOENT. The module cannot be unloaded while there is an item or an open file. (configfs keeps it.)
///
/// Context: everything here runs in process context and may sleep.
public protocol ConfigurationItem: ~Copyable, Sendable {
  /// Called before a `Setting` changes, under the lock of all stores; what it throws is what the
  /// writer gets, and the setting stays.
  borrowing func willChange(_ attribute: Literal) throws(Errno)

  /// Called when the directory is removed.
  borrowing func willRemove()

  /// How many attributes there are. Written by `@ConfigurationItem`.
  static var attributeCount: Int { get }

  /// Adds the attributes to the C type. Written by `@ConfigurationItem`.
  @unsafe static func describe(_ type: borrowing ConfigurationType)

  /// Adds the groups that come with an item to it. Written by `@ConfigurationItem`.
  @unsafe static func addGroups(of item: borrowing Self, to parent: borrowing ConfigurationParent) throws(Errno)

  /// The C callbacks. Written by `@ConfigurationItem`.
  @unsafe static var release: ConfigurationRelease<Self> { get }
}

extension ConfigurationItem where Self: ~Copyable {
  public borrowing func willChange(_ attribute: Literal) throws(Errno) {}
  public borrowing func willRemove() {}
}

/// An item that a user makes with mkdir, and removes with rmdir.
public protocol MadeConfigurationItem: ConfigurationItem, ~Copyable {
  /// The item that it is made in: a subsystem's root, or a group.
  associatedtype Root: ConfigurationItem & ~Copyable

  /// Makes the item for a directory of this name; what it throws is what mkdir gets. One at a time
  /// in a subsystem, and not while an attribute of the root is being stored.
  init(name: borrowing CString, in root: borrowing Root) throws(Errno)

  /// The C callbacks. Written by `@ConfigurationItem`.
  @unsafe static var make: ConfigurationMake<Self> { get }
  @unsafe static var drop: ConfigurationDrop<Self> { get }
}

/// The C callback that ends an item of one type. It cannot be made without `unsafe`, and another
/// type's is of another type; so with the two
/// below.
///
/// Invariant: `function` keeps the contract of the adapter's function for `Item`.
@safe
public struct ConfigurationRelease<Item: ConfigurationItem & ~Copyable> {
  public typealias Function = @convention(c) (OpaquePointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The C callback that makes an item of one type, for a user's mkdir.
///
/// Invariant: as above.
@safe
public struct ConfigurationMake<Item: MadeConfigurationItem & ~Copyable> {
  public typealias Function = @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> OpaquePointer?

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// The C callback that drops an item of one type, for a user's rmdir.
///
/// Invariant: as above.
@safe
public struct ConfigurationDrop<Item: MadeConfigurationItem & ~Copyable> {
  public typealias Function = @convention(c) (OpaquePointer?, OpaquePointer?) -> Void

  let function: Function

  /// Written by the macro.
  @unsafe @inline(__always)
  public init(_ function: @escaping Function) {
    // INVARIANT: the macro's closure calls the adapter.
    unsafe self.function = function
  }
}

/// An item in memory: the C part first, and the driver's value behind it.
///
/// Invariant: configfs counts who refers to it. The last one ends it, in `ConfigurationAdapter.release`.
@safe @usableFromInline
struct ConfigurationCore<Item: ConfigurationItem & ~Copyable>: ~Copyable {
  var configfs: apus_configfs
  var item: Item
  // The C types of this item and of those that mkdir makes in it, unless it was made itself: its types are its parent's.
  // They end behind the item, and so behind the groups that came with it.
  let type: ConfigurationType?
  let items: ConfigurationType?

  /// Moves an item to its last address, and adds its groups. The caller has the one reference.
  @unsafe
  static func make(
    _ item: consuming Item, type: consuming ConfigurationType, items: consuming ConfigurationType?
  ) throws(Errno) -> UnsafeMutablePointer<ConfigurationCore> {
    // SAFETY: all zeroes, until the helper below fills it in.
    let box = try unsafe HeapBox(
      ConfigurationCore(configfs: apus_configfs(), item: item, type: type, items: items), .kernel)
    // SAFETY: `release` takes it back.
    let core = unsafe box.take()
    // SAFETY: the types live as long as the core, which has them.
    unsafe apus_configfs_init(&core.pointee.configfs, core.pointee.typePointer, core.pointee.itemsPointer)
    do throws(Errno) {
      try unsafe Item.addGroups(of: core.pointee.item, to: ConfigurationParent(&core.pointee.configfs))
    } catch {
      // SAFETY: the one reference; `release` takes the memory back.
      unsafe apus_configfs_put(&core.pointee.configfs)
      throw error
    }
    return unsafe core
  }

  @unsafe private var typePointer: UnsafePointer<config_item_type>? {
    switch type {
    case .some(let type): unsafe type.pointer
    case .none: nil
    }
  }

  @unsafe private var itemsPointer: UnsafePointer<config_item_type>? {
    switch items {
    case .some(let items): unsafe items.pointer
    case .none: nil
    }
  }
}

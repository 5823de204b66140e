// SPDX-License-Identifier: GPL-2.0-only
// What lives in a directory of configfs.
// C header: include/linux/configfs.h (struct config_item, struct config_group)

internal import CKernel

/// A directory below /sys/kernel/config, with a file for each attribute.
///
/// Attach `@ConfigurationItem` to the type. Its attributes are
/// - stored properties `@Attribute("name") let name = Setting<Int>(…)`, shown and set by the library;
/// - methods `@Show("name") borrowing func (_ writer: inout TextWriter) throws(Errno)` and
///   `@Store("name") borrowing func (_ text: borrowing CString) throws(Errno)`.
///
/// The rules, and who keeps them:
/// - Attributes are read and written by several tasks at once, so the item is only borrowed. (The types keep it.)
/// - An item ends when its directory is removed and no attribute of it is being read or written any more; files that are still
///   open answer ENOENT. The module cannot be unloaded while there is an item or an open file. (configfs keeps it.)
///
/// Context: everything here runs in process context and may sleep.
public protocol ConfigurationItem: ~Copyable, Sendable {
  /// Called before a `Setting` changes; what it throws is what the writer gets, and the setting stays.
  borrowing func willChange(_ attribute: Literal) throws(Errno)

  /// Called when the directory is removed.
  borrowing func willRemove()

  /// How many attributes there are. Written by `@ConfigurationItem`.
  static var attributeCount: Int { get }

  /// Adds the attributes to the C type. Written by `@ConfigurationItem`.
  @unsafe static func describe(_ type: borrowing ConfigurationType)

  /// The C callbacks. Written by `@ConfigurationItem`.
  @unsafe static var release: ConfigurationType.Release { get }
}

extension ConfigurationItem where Self: ~Copyable {
  public borrowing func willChange(_ attribute: Literal) throws(Errno) {}
  public borrowing func willRemove() {}
}

/// An item that a user makes with mkdir, and removes with rmdir.
public protocol MadeConfigurationItem: ConfigurationItem, ~Copyable {
  /// The root of the subsystem that the item is made in.
  associatedtype Root: ConfigurationItem & ~Copyable

  /// Makes the item for a directory of this name; what it throws is what mkdir gets. One at a time in a subsystem.
  init(name: borrowing CString, in root: borrowing Root) throws(Errno)

  /// The C callbacks. Written by `@ConfigurationItem`.
  @unsafe static var make: ConfigurationType.Make { get }
  @unsafe static var drop: ConfigurationType.Drop { get }
}

/// An item in memory: the C part first, and the driver's value behind it.
@safe
struct ConfigurationCore<Item: ConfigurationItem & ~Copyable>: ~Copyable {
  var configfs: apus_configfs
  var item: Item
}

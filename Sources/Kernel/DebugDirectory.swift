// SPDX-License-Identifier: GPL-2.0-only
// Directories of debugfs.
// C header: include/linux/debugfs.h

internal import CKernel

/// One owner of a directory below /sys/kernel/debug. Each file and each directory in it is another, so it goes away with the
/// last of them or with whoever made it, whichever is later.
///
/// A kernel may have no debugfs, or have it switched off. Then there is no directory, and nobody is told: a driver works all
/// the same.
///
/// Context: the last owner's end may sleep.
public struct DebugDirectory: ~Copyable, Sendable {
  private let owner: Shared<Owned>

  /// Invariant: `dentry` is a directory of debugfs, or null where there is none.
  @safe @usableFromInline struct Owned: ~Copyable, @unchecked Sendable {
    let dentry: UnsafeMutableRawPointer?
    // Ends after this directory.
    let parent: DebugDirectoryBox?

    deinit {
      // SAFETY: the last owner's end: nothing is left in the directory.
      unsafe apus_debug_remove(dentry)
    }
  }

  /// A directory right below /sys/kernel/debug. The corresponding C function is `debugfs_create_dir`.
  ///
  /// Throws: `exists` if there is one of that name; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal) throws(Errno) {
    // SAFETY: null stands for the root.
    try unsafe self.init(name, parent: nil, dentry: nil)
  }

  /// A directory in another. The corresponding C function is `debugfs_create_dir`.
  ///
  /// Throws: `exists` if there is one of that name; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: Literal, in parent: borrowing DebugDirectory) throws(Errno) {
    // SAFETY: the parent's own, which stays because the directory owns a share.
    try unsafe self.init(name, parent: DebugDirectoryBox(parent.share()), dentry: parent.dentry)
  }

  private init(
    _ name: Literal, parent: consuming DebugDirectoryBox?, dentry: UnsafeMutableRawPointer?
  ) throws(Errno) {
    var created: UnsafeMutableRawPointer?
    // Where the parent could not be made, this is not made in its parent instead.
    var isMissing = false
    switch parent {
    // SAFETY: only null is looked for.
    case .some: isMissing = unsafe dentry == nil
    case .none: break
    }
    // SAFETY: a literal ends with a NUL, and is copied.
    if !isMissing { try Errno.check(unsafe apus_debug_directory(name.cString, dentry, &created)) }
    // INVARIANT: the last owner removes it; if there is no memory for the count, this call does.
    owner = try Shared(unsafe Owned(dentry: created, parent: parent), .kernel)
  }

  private init(_ owner: consuming Shared<Owned>) { self.owner = owner }

  /// One more owner of the same directory.
  ///
  /// Context: any.
  public borrowing func share() -> DebugDirectory { DebugDirectory(owner.share()) }

  /// The directory, as C knows it, or null where there is none.
  @unsafe
  var dentry: UnsafeMutableRawPointer? {
    // SAFETY: the caller keeps it no longer than this owner lives.
    unsafe owner.value.dentry
  }
}

/// A share of a directory, within the directory's own type.
@usableFromInline
struct DebugDirectoryBox: ~Copyable, Sendable {
  let directory: HeapBox<DebugDirectory>

  init(_ directory: consuming DebugDirectory) throws(Errno) { self.directory = try HeapBox(directory, .kernel) }
}

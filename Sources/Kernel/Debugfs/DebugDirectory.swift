// SPDX-License-Identifier: GPL-2.0-only
// Directories of debugfs.
// C header: include/linux/debugfs.h

internal import CKernel

/// One owner of a directory below /sys/kernel/debug.
///
/// Each file and each subdirectory in it also owns a share. The kernel removes the directory when
/// the last owner is destroyed.
///
/// If the kernel has no debugfs, or debugfs is disabled, there is no directory and no error:
/// drivers work without debugfs.
///
/// Context: destroying the last owner may sleep.
///
/// ```swift
/// struct MirrorErrors: ~Copyable, Sendable {
///   let reads = Atomic<Int>(0)
///   let writes = Atomic<Int>(0)
/// }
///
/// @DebugReport
/// struct MirrorErrorReport: DebugReport, ~Copyable {
///   let errors: Shared<MirrorErrors>
///
///   func write(to writer: inout TextWriter) throws(Errno) {
///     writer.appendLine("reads", errors.value.reads.load(ordering: .relaxed))
///     writer.appendLine("writes", errors.value.writes.load(ordering: .relaxed))
///   }
/// }
///
/// /// Makes the file /sys/kernel/debug/mirror/errors, which keeps its directory.
/// func makeReport(_ errors: borrowing Shared<MirrorErrors>) throws(Errno)
///   -> DebugFile<MirrorErrorReport>
/// {
///   let directory = try DebugDirectory("mirror")
///   return try DebugFile("errors", in: directory, MirrorErrorReport(errors: errors.share()))
/// }
/// ```
public struct DebugDirectory: ~Copyable, Sendable {
  private let owner: Shared<Owned>

  /// Invariant: `dentry` is a directory of debugfs, or null if there is none.
  @safe @usableFromInline struct Owned: ~Copyable, @unchecked Sendable {
    let dentry: UnsafeMutableRawPointer?
    // Destroyed after this directory, which is removed in `deinit`.
    let parent: DebugDirectoryBox?

    deinit {
      // SAFETY: this is the last owner, so nothing is left in the directory.
      unsafe apus_debug_remove(dentry)
    }
  }

  /// Creates a directory directly below /sys/kernel/debug.
  /// The corresponding C function is `debugfs_create_dir`.
  ///
  /// Throws: `exists` if there is an entry of that name; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString) throws(Errno) {
    // SAFETY: null stands for the root of debugfs.
    try unsafe self.init(name, parent: nil, dentry: nil)
  }

  /// Creates a directory within another one. The corresponding C function is `debugfs_create_dir`.
  ///
  /// Throws: `exists` if there is an entry of that name; `outOfMemory`.
  /// Context: may sleep.
  public init(_ name: StaticCString, in parent: borrowing DebugDirectory) throws(Errno) {
    // SAFETY: the parent's dentry, which stays because this directory owns a share of the parent.
    try unsafe self.init(name, parent: DebugDirectoryBox(parent.share()), dentry: parent.dentry)
  }

  private init(
    _ name: StaticCString, parent: consuming DebugDirectoryBox?, dentry: UnsafeMutableRawPointer?
  ) throws(Errno) {
    var created: UnsafeMutableRawPointer?
    // If the parent does not exist, this directory is not created either: for debugfs, a null
    // parent is the root.
    var isMissing = false
    switch parent {
    // SAFETY: this only checks for null.
    case .some: isMissing = unsafe dentry == nil
    case .none: break
    }
    // SAFETY: a literal ends with a NUL, and C copies it.
    if !isMissing { try Errno.check(unsafe apus_debug_directory(name.cString, dentry, &created)) }
    // INVARIANT: the last owner removes the directory. If `Shared` finds no memory, `Owned` is
    // destroyed here, which removes it.
    owner = try Shared(unsafe Owned(dentry: created, parent: parent), .kernel)
  }

  private init(_ owner: consuming Shared<Owned>) { self.owner = owner }

  /// Returns another owner of the same directory.
  ///
  /// Context: any.
  public borrowing func share() -> DebugDirectory { DebugDirectory(owner.share()) }

  /// The dentry for C, or null if there is no directory.
  @unsafe
  var dentry: UnsafeMutableRawPointer? {
    // SAFETY: the caller uses it only as long as this owner lives.
    unsafe owner.value.dentry
  }
}

/// A share of a directory, boxed because `DebugDirectory` cannot contain itself.
@usableFromInline
struct DebugDirectoryBox: ~Copyable, Sendable {
  let directory: HeapBox<DebugDirectory>

  init(_ directory: consuming DebugDirectory) throws(Errno) {
    self.directory = try HeapBox(directory, .kernel)
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// A list of bios that a target keeps.
// C header: include/linux/bio.h (struct bio_list)

internal import CKernel

/// The bios that a target keeps, in order. The list links the bios themselves, so adding one cannot
/// fail. Destroying the list ends the bios in it with an I/O error.
///
/// Invariant: from `first` on, `bi_next` links `count` bios, up to `last`. All are bios of
/// `target`, and the list owns them.
@safe
public struct BioList<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  private var first: UnsafeMutablePointer<bio>?
  private var last: UnsafeMutablePointer<bio>?
  private var target: UnsafeMutableRawPointer?

  /// The number of bios.
  public private(set) var count = 0

  /// An empty list.
  public init() {
    // INVARIANT: the list has no bios.
    unsafe first = nil
    unsafe last = nil
    unsafe target = nil
  }

  deinit {
    // SAFETY: the type's invariant: the list owns each bio, and unlinks it before it ends it.
    var next = unsafe first
    while let bio = unsafe next {
      unsafe next = apus_dm_bio_next(bio)
      unsafe apus_dm_bio_set_next(bio, nil)
      unsafe BioLayout<Driver>.end(bio, .ioError)
    }
  }

  /// Whether the list has no bios.
  public var isEmpty: Bool { count == 0 }

  /// Adds a bio at the end. A list holds the bios of one target: a bio of another target ends with
  /// an I/O error.
  ///
  /// Context: any.
  public mutating func append(_ bio: consuming TargetBio<Driver>) {
    // SAFETY: the pointers are only compared.
    if count > 0, let target = unsafe target, unsafe target != bio.reference.target { return }
    unsafe target = bio.reference.target
    // SAFETY: the list owns the bio from here on.
    let raw = unsafe bio.take().pointer
    unsafe apus_dm_bio_set_next(raw, nil)
    // INVARIANT: the list has one more bio, after the previous last one.
    if let last = unsafe last { unsafe apus_dm_bio_set_next(last, raw) } else { unsafe first = raw }
    unsafe last = raw
    count &+= 1
  }

  /// Moves all bios of another list to the end of this one.
  ///
  /// Context: any.
  public mutating func append(contentsOf other: inout BioList) {
    while let bio = other.popFirst() { append(bio) }
  }

  /// Removes and returns the first bio, or returns nil if the list is empty.
  ///
  /// Context: any.
  public mutating func popFirst() -> TargetBio<Driver>? { removeFirst { _ in true } }

  /// Removes and returns the first bio for which `matches` is true, or returns nil if there is
  /// none.
  @inline(__always)
  public mutating func removeFirst(where matches: (borrowing TargetBio<Driver>) -> Bool)
    -> TargetBio<Driver>?
  {
    // SAFETY: from `first` on, `bi_next` links bios that this list owns, all of them of `target`.
    guard let target = unsafe target else { return nil }
    var previous: UnsafeMutablePointer<bio>?
    var next = unsafe first
    while let raw = unsafe next {
      // SAFETY: the list owns the bio; this value is either unlinked from the list, or given up
      // again.
      let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
      unsafe next = apus_dm_bio_next(raw)
      if matches(bio) {
        // INVARIANT: the previous bio links past this one.
        if let previous = unsafe previous {
          unsafe apus_dm_bio_set_next(previous, next)
        } else {
          unsafe first = next
        }
        if unsafe next == nil { unsafe last = previous }
        unsafe apus_dm_bio_set_next(raw, nil)
        count &-= 1
        return bio
      }
      _ = bio.take()
      unsafe previous = raw
    }
    return nil
  }

  /// Passes the first bio to `body`; returns nil if the list is empty.
  @inline(__always)
  public borrowing func withFirst<Result>(_ body: (borrowing TargetBio<Driver>) -> Result)
    -> Result?
  {
    // SAFETY: the type's invariant; the list owns the bio, and does not change during the call.
    guard let target = unsafe target, let raw = unsafe first else { return nil }
    let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
    let result = body(bio)
    _ = bio.take()
    return result
  }

  /// Passes each bio to `body`, in order.
  @inline(__always)
  public borrowing func forEach(_ body: (borrowing TargetBio<Driver>) -> Void) {
    // SAFETY: the type's invariant; the list does not change during the call.
    guard let target = unsafe target else { return }
    var next = unsafe first
    while let raw = unsafe next {
      let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
      body(bio)
      _ = bio.take()
      unsafe next = apus_dm_bio_next(raw)
    }
  }
}

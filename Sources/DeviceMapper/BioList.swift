// SPDX-License-Identifier: GPL-2.0-only
// A list of bios that a target keeps.
// C header: include/linux/bio.h (struct bio_list)

internal import CKernel

/// Bios that a target keeps, in their order. The list is in their own memory, so adding one cannot fail. Those in it when it ends
/// end with an I/O error.
///
/// Invariant: from `first` on the bios' `bi_next` lead through `count` bios to `last`, all of `target`; the list stands for them.
@safe
public struct BioList<Driver: Target & ~Copyable>: ~Copyable, @unchecked Sendable {
  private var first: UnsafeMutablePointer<bio>?
  private var last: UnsafeMutablePointer<bio>?
  private var target: UnsafeMutableRawPointer?

  /// How many bios there are.
  public private(set) var count = 0

  /// An empty list.
  public init() {
    // INVARIANT: no bios.
    unsafe first = nil
    unsafe last = nil
    unsafe target = nil
  }

  deinit {
    // SAFETY: the type's invariant: each bio is the list's, and is left behind before it ends.
    var next = unsafe first
    while let bio = unsafe next {
      unsafe next = apus_dm_bio_next(bio)
      unsafe apus_dm_bio_set_next(bio, nil)
      unsafe BioLayout<Driver>.end(bio, .ioError)
    }
  }

  /// Whether there is none.
  public var isEmpty: Bool { count == 0 }

  /// Adds a bio at the end. (One of another target ends with an I/O error: a list is of one target's.)
  ///
  /// Context: any.
  public mutating func append(_ bio: consuming TargetBio<Driver>) {
    // SAFETY: only compared.
    if count > 0, let target = unsafe target, unsafe target != bio.target { return }
    unsafe target = bio.target
    // SAFETY: the list stands for the bio from here on.
    let raw = unsafe bio.take()
    unsafe apus_dm_bio_set_next(raw, nil)
    // INVARIANT: one bio more, behind what was the last.
    if let last = unsafe last { unsafe apus_dm_bio_set_next(last, raw) } else { unsafe first = raw }
    unsafe last = raw
    count &+= 1
  }

  /// Moves all bios of another list behind this one's.
  ///
  /// Context: any.
  public mutating func append(contentsOf other: inout BioList) {
    while let bio = other.popFirst() { append(bio) }
  }

  /// Takes the first bio out, or gives nil if there is none.
  ///
  /// Context: any.
  public mutating func popFirst() -> TargetBio<Driver>? { removeFirst { _ in true } }

  /// Takes the first bio out for which `matches` is true, or gives nil if there is none.
  @inline(__always)
  public mutating func removeFirst(where matches: (borrowing TargetBio<Driver>) -> Bool) -> TargetBio<Driver>? {
    // SAFETY: the type's invariant.
    guard let target = unsafe target else { return nil }
    var previous: UnsafeMutablePointer<bio>?
    var next = unsafe first
    while let raw = unsafe next {
      // SAFETY: the list stands for the bio; this value either leaves it, or is given up again.
      let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
      unsafe next = apus_dm_bio_next(raw)
      if matches(bio) {
        // INVARIANT: the bio before leads past this one.
        if let previous = unsafe previous { unsafe apus_dm_bio_set_next(previous, next) } else { unsafe first = next }
        if unsafe next == nil { unsafe last = previous }
        unsafe apus_dm_bio_set_next(raw, nil)
        count &-= 1
        return bio
      }
      _ = unsafe bio.take()
      unsafe previous = raw
    }
    return nil
  }

  /// Gives the first bio to `body`; nil if there is none.
  @inline(__always)
  public borrowing func withFirst<Result>(_ body: (borrowing TargetBio<Driver>) -> Result) -> Result? {
    // SAFETY: the type's invariant; the list, which stands for the bio, does not change meanwhile.
    guard let target = unsafe target, let raw = unsafe first else { return nil }
    let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
    let result = body(bio)
    _ = unsafe bio.take()
    return result
  }

  /// Gives each bio to `body`, the first one first.
  @inline(__always)
  public borrowing func forEach(_ body: (borrowing TargetBio<Driver>) -> Void) {
    // SAFETY: the type's invariant; the list does not change meanwhile.
    guard let target = unsafe target else { return }
    var next = unsafe first
    while let raw = unsafe next {
      let bio = unsafe TargetBio<Driver>(UnsafeMutableRawPointer(raw), target)
      body(bio)
      _ = unsafe bio.take()
      unsafe next = apus_dm_bio_next(raw)
    }
  }
}

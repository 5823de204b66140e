// SPDX-License-Identifier: GPL-2.0-only
// What looks like an offence and is none: gate-source accepts this file. unsafe, @_silgen_name, try!, fatalError()
/* unsafe /* as! unsafe */ import Foundation, x! and fatalError() */
import Block
import BlockMQ
import DeviceMapper
import Kernel
import Synchronization
import Zpool
import struct Kernel.Page

#if DROPIN && !(NEVER || true)
#endif

/// Not `unsafe` either.
let plain = "unsafe @_cdecl try! x! \\(unsafe x) fatalError()"
let raw = #"unsafe \(x!) " unsafe "#
let rawer = ##"unsafe "# \#(unsafe x) unsafe"##
let long = """
  unsafe try! "as!" \\(unsafe x)
  import Foundation
  """
let interpolated = "unsafe \(safeValue) unsafe \(f("x!")) fatalError()"
let unsafeName = 1, notunsafe = 2, isUnsafe = UnsafeCounter()
struct UnsafeCounter {}
func whole<T: Escapable>(_ a: T, withMutableBytes: Int) {}

@Driver("name") @inline(__always) @frozen
struct S: ~Copyable, Sendable {
  @_lifetime(borrow self) borrowing func view() -> View {}
  func check(precondition: Int, assert: Bool) -> Bool { !assert && precondition != 1 }
}

func arithmetic(_ a: UInt32, _ b: UInt32?) throws(Errno) -> UInt32 {
  guard let b, !b.isZero, a != b else { return try other() }
  if a !== b { return a &+ b }
  check(precondition: 1, assert: a != 1)
  return a &* (b as? UInt32 ?? 0) &>> 3 | ~a
}

// Modules by their selectors; operators of types of one's own; names that have a `_` elsewhere.
let sum: Swift::Int = Kernel::StaticCString.Kernel::init("a").count
let a_b = Kernel.StaticCString("a"), _ = 1
typealias Mine = Timer<Handler>
extension TextWriter { func appendTwice(_ text: StaticCString) {} }
struct Pair: Equatable { static func == (left: Pair, right: Pair) -> Bool { true } }
extension Pair { static func < (left: Pair, right: Pair) -> Bool { false } }
extension Pair { struct Half { let a = 1 } }
extension Pair.Half { static func == (left: Pair.Half, right: Pair.Half) -> Bool { true } }
enum Order { static prefix func - (order: Order) -> Order { order } }
func unnamed(_: Int, kernel: Int) { _ = kernel }

// Properties that are stored after all that throws, or by an initializer that does not.
struct Stored: ~Copyable {
  let first: Item
  let second: Item
  var count: Int { 1 }
  init() throws(Errno) {
    let made: Item
    do throws(Errno) { made = try Item() } catch { throw .ioError }
    do { first = Item(made) }
    second = made
  }
  init(_ item: consuming Item) {
    do throws(Errno) { first = try Item() } catch { first = Item(item) }
    second = item
  }
}

// Closures that are none that H5 is about: of functions that are not local, that give closures back, that are called with nothing.
struct Closures {
  func each(_ body: (Int) -> Void, _ make: () -> (Int) -> Void) { func inner(_ a: Int) -> () -> Int { { a } } }
  let once = { 1 }()
}

// A driver's own methods of these names.
struct Printer {
  func print(_ text: StaticCString) {}
  func dump() { self.print("a"); item.print("print(b)") }
}

// The branches of an `#if` may each have the module.
#if DROPIN
@KernelModule struct Replacing {}
#else
@KernelModule struct Usual {}
#endif

// SPDX-License-Identifier: GPL-2.0-only
// A store of the driver's own that gives any address for an object, made by a protocol that pointers are said to conform to.
// EXPECT: conformance of 'Anywhere' to protocol 'Has' involves unsafe code
import Zpool

protocol Made { init?(bitPattern: Int) }
extension UnsafeRawPointer: Made {}
protocol Has { associatedtype Place: Made }
struct Anywhere: Has { typealias Place = UnsafeRawPointer } // MISUSE
struct Anywhere {} // TWIN

func place<Owner: Has>(_ owner: Owner, _ number: Int) -> Owner.Place? { Owner.Place(bitPattern: number) }

// SPDX-License-Identifier: GPL-2.0-only
// A generic parameter that is said to be an associated type which may not be copied may still be copied itself.
// EXPECT: requires that 'Page' \(aka 'Pages<0>'\) conform to 'Copyable'
public import Kernel

public protocol Giver {
  associatedtype Given: ~Copyable
  func give() throws(Errno) -> Given
}

func twice<G: Giver, Given>(_ giver: G, _ type: Given.Type) throws(Errno) -> (Given, Given) where G.Given == Given {
  let given = try giver.give()
  return (given, given)
}

struct Pager: Giver {
  func give() throws(Errno) -> Page { try Page(.kernel) }
}

struct Counter: Giver {
  func give() throws(Errno) -> Int { 3 }
}

public func f() throws(Errno) {
  _ = try twice(Pager(), Page.self) // MISUSE
  _ = try twice(Counter(), Int.self) // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// The compiler's own initialisers: with associated types for what the driver cannot name, a literal of any length.
// EXPECT: drivers may not say '_builtinStringLiteral'
import Kernel

protocol Made {
  associatedtype Start
  associatedtype Length
  associatedtype Flag
  init(_builtinStringLiteral start: Start, utf8CodeUnitCount: Length, isASCII: Flag) // MISUSE
  init(start: Start, utf8CodeUnitCount: Length, isASCII: Flag) // TWIN
}

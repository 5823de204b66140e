// SPDX-License-Identifier: GPL-2.0-only
// A conformance of the compiler's own protocol, and so an initialiser that is given the pointer.
// EXPECT: drivers may not say '_ExpressibleByBuiltinStringLiteral'
import Kernel

protocol Text: ExpressibleByStringLiteral, _ExpressibleByBuiltinStringLiteral {} // MISUSE
protocol Text: ExpressibleByStringLiteral {} // TWIN

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: lifetime-dependent variable 'bytes' escapes its scope
import Kernel

@_lifetime(immortal) // MISUSE
@_lifetime(copy bytes) // TWIN
func forever(_ bytes: RawSpan) -> RawSpan { bytes }

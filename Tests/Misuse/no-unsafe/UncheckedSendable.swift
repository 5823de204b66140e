// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say '@unchecked'
import Kernel

struct Place: ~Copyable {}
extension Place: @unchecked Sendable {} // MISUSE
extension Place: Sendable {} // TWIN

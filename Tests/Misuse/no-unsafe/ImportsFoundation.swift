// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'import Foundation'
import Foundation // MISUSE
import Kernel // TWIN

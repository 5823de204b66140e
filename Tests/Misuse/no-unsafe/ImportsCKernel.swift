// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: drivers may not say 'import CKernel'
import CKernel // MISUSE
import Kernel // TWIN

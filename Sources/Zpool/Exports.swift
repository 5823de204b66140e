// SPDX-License-Identifier: GPL-2.0-only
// `import Zpool` imports the module Kernel as well.

@_exported public import Kernel

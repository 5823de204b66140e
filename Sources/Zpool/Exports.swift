// SPDX-License-Identifier: GPL-2.0-only
// What a driver gets with `import Zpool`: the core as well.

@_exported public import Kernel

// SPDX-License-Identifier: GPL-2.0-only
// What a target gets with `import DeviceMapper`: the block layer's common types, and the core, as well.

@_exported public import Block
@_exported public import Kernel

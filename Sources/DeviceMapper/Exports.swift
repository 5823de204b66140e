// SPDX-License-Identifier: GPL-2.0-only
// `import DeviceMapper` also imports the block layer's common types and the core.

@_exported public import Block
@_exported public import Kernel

// SPDX-License-Identifier: GPL-2.0-only
// `import DeviceMapper` also imports the block layer's common types and `Kernel`.

@_exported public import Block
@_exported public import Kernel

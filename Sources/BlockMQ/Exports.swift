// SPDX-License-Identifier: GPL-2.0-only
// The modules that `import BlockMQ` re-exports: the block layer's common types, and
// `Kernel`.

@_exported public import Block
@_exported public import Kernel

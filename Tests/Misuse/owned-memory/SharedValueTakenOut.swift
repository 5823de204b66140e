// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'shared.value' cannot be consumed
import Kernel

func page(_ shared: borrowing Shared<Page>) -> NUMANode {
  take(shared.value) // MISUSE
  shared.value.node // TWIN
}

func take(_ page: consuming Page) -> NUMANode { page.node }

// SPDX-License-Identifier: GPL-2.0-only
// What a device can is only what it says.
// EXPECT: 'StackedLimits' cannot be constructed|inaccessible due to 'internal' protection level|no accessible initializers
import Block
import Kernel

func limits(_ device: borrowing BlockDevice) -> StackedLimits {
  StackedLimits() // MISUSE
  device.limits(from: Sector(0)) // TWIN
}

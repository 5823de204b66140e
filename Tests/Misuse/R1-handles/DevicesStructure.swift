// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'raw' is inaccessible due to 'package' protection level
import Block
import Kernel

public func size(_ device: borrowing BlockDevice) -> Sector {
  _ = device.raw // MISUSE
  // TWIN
  return device.capacity
}

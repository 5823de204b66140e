// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'regions' of 'Escapable'
import DeviceMapper

struct Mirror: ~Copyable {
  let client: IOClient
  let regions: Regions // MISUSE
  let count = Regions.maximumCount // TWIN
}

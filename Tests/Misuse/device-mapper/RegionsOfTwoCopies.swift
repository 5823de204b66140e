// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'regions' consumed more than once
import DeviceMapper

@CopyHandler
struct Done: CopyHandler {
  consuming func ended(_ result: CopyResult) {}
}

func clear(_ device: borrowing UnderlyingDevice, by client: borrowing CopyClient) throws(Errno) {
  var regions = Regions()
  try regions.append(device, at: Sector(0))
  try client.zero(regions, length: Sector(8), handler: Done(), .kernel)
  try client.zero(regions, length: Sector(8), handler: Done(), .kernel) // MISUSE
  // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: overlapping accesses to 'pages'
import DeviceMapper

func load(_ device: borrowing UnderlyingDevice, by client: borrowing IOClient) throws(Errno) -> UInt8 {
  var pages = try Pages<1>(.kernel)
  let first = try pages.withMutableBytes { (bytes) throws(Errno) -> UInt8 in
    try client.read(&pages, from: device, at: Sector(0)) // MISUSE
    _ = try client.flush(Regions()) // TWIN
    return 0
  }
  return first
}

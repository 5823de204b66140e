// SPDX-License-Identifier: GPL-2.0-only
// Sectors, bytes and mebibytes, up to where they overflow.

import Testing

@testable import KernelLogic

@Suite struct SectorTests {
  @Test(
    arguments: [0, 1, 2, 1 << 54, (1 << 55) - 1, 1 << 55, (1 << 55) + 1, 1 << 63, .max - 1, .max]
      as [UInt64])
  func bytesAreNilWhereTheyDoNotFit(_ count: UInt64) {
    let bytes = UInt128(count) * 512
    #expect(Sector(count).bytes == (bytes <= UInt128(UInt64.max) ? UInt64(bytes) : nil))
  }

  @Test(
    arguments: [.min, -1, 0, 1, 2047, 1 << 42, (1 << 43) - 1, 1 << 43, (1 << 43) + 1, .max] as [Int]
  )
  func mebibytesAreNilBeyondTheLargestDevice(_ mebibytes: Int) {
    let sectors = Int128(mebibytes) * 2048
    let isDevice = sectors >= 0 && sectors <= Int128(Sector.maximum.count)
    #expect(Sector(mebibytes: mebibytes)?.count == (isDevice ? UInt64(sectors) : nil))
  }

  @Test func theLargestDeviceFitsLoff() {
    #expect(Sector.maximum.bytes.map { $0 <= UInt64(Int64.max) } == true)
    #expect(Sector(Sector.maximum.count + 1).bytes.map { $0 > UInt64(Int64.max) } == true)
  }

  @Test func comparesByNumber() {
    #expect(Sector(1) < Sector(2))
    #expect(Sector(2) == Sector(2))
    #expect(!(Sector(.max) < Sector(0)))
  }
}

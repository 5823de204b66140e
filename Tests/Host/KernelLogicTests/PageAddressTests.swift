// SPDX-License-Identifier: GPL-2.0-only
// The arithmetic of pages and ranges, against a model that has more bits than the numbers.

import Testing

@testable import KernelLogic

@Suite struct PageAddressTests {
  @Test func theConstantsBelongTogether() {
    #expect(pageSize == 4096)
    #expect(1 << pageShift == pageSize)
    #expect(pageMask == ~UInt(4095))
  }

  @Test func roundsUpOrAnswersNil() {
    let last = UInt.max & pageMask
    #expect(pageAlign(0) == 0)
    #expect(pageAlign(1) == 4096)
    #expect(pageAlign(4095) == 4096)
    #expect(pageAlign(4096) == 4096)
    #expect(pageAlign(4097) == 8192)
    #expect(pageAlign(last - 1) == last)
    #expect(pageAlign(last) == last)
    #expect(pageAlign(last + 1) == nil)
    #expect(pageAlign(.max) == nil)
  }

  @Test func acceptsExactlyTheRangesThatLieWithin() {
    let edges: [Int] = [
      .min, .min + 1, .min / 2, -4097, -4096, -4095, -2, -1, 0, 1, 2, 511, 512, 4094, 4095, 4096,
      4097, 8192, .max / 2,
      .max / 2 + 1, .max - 4096, .max - 1, .max,
    ]
    for size in edges where size >= 0 {
      for offset in edges {
        for length in edges {
          let isWithin =
            offset >= 0 && length >= 0 && Int128(offset) + Int128(length) <= Int128(size)
          var wasAccepted = true
          do throws(Errno) {
            try checkRange(offset: offset, length: length, size: size)
          } catch {
            wasAccepted = false
            #expect(error == .invalidArgument)
          }
          #expect(wasAccepted == isWithin, "offset \(offset), length \(length), size \(size)")
        }
      }
    }
  }
}

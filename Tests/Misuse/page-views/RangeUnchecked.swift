// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: expression uses unsafe constructs
public import Kernel
public func f(_ page: borrowing Page, _ lower: Int, _ upper: Int) -> UInt8 {
  page.withBytes { $0.extracting(Range(uncheckedBounds: (lower: lower, upper: upper))).byte(at: 4) ?? 0 } // MISUSE
  page.withBytes { $0.extracting(lower..<upper).byte(at: 4) ?? 0 } // TWIN
}

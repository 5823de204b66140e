// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'begin' is inaccessible due to 'internal' protection level
import BlockMQ

func count(_ shares: borrowing RequestIOCount) {
  shares.begin() // MISUSE
  // TWIN
}

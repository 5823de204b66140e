// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'spare' consumed more than once
import Zpool

func give(_ spare: consuming SparePages) {
  _ = consume spare
  _ = consume spare // MISUSE
  // TWIN
}

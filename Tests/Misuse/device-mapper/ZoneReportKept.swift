// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'report' is borrowed and cannot be consumed
import DeviceMapper

func report(_ report: borrowing ZoneReport) -> Sector {
  let kept = report // MISUSE
  let kept = report.next // TWIN
  _ = consume kept
  return Sector(0)
}

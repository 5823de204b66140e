// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot find type 'TargetShare' in scope
public import DeviceMapper

public func make(
  _ share: consuming TargetShare // MISUSE
  _ share: consuming UnderlyingDevice // TWIN
) -> UnderlyingDevice { share as UnderlyingDevice }

// SPDX-License-Identifier: GPL-2.0-only
// A C callback that is not the macro's.
// EXPECT: uses unsafe constructs but is not marked with 'unsafe'
import DeviceMapper
import Kernel

struct Probe: CopyHandler, ~Copyable {
  consuming func ended(_ result: CopyResult) {}

  static var copyCallback: CopyCallback<Self> {
    CopyCallback({ _, _, _ in }) // MISUSE
    while true {} // TWIN
  }
}

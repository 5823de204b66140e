// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'call' consumed more than once
import DeviceMapper

@CopyHandler
struct Done: CopyHandler {
  consuming func ended(_ result: CopyResult) {}
}

func run(_ call: consuming PreparedCopyCall<Done>) {
  call.run()
  call.run() // MISUSE
  // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'done' consumed more than once
import DeviceMapper

@CopyHandler
struct Done: CopyHandler, ~Copyable {
  consuming func ended(_ result: CopyResult) {}
}

func prepare(by client: borrowing CopyClient) throws(Errno) {
  let done = Done()
  let first = try client.prepareCall(done, .kernel)
  let second = try client.prepareCall(done, .kernel) // MISUSE
  let second = try client.prepareCall(Done(), .kernel) // TWIN
  first.run()
  second.run()
}

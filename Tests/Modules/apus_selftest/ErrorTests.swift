// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: compares errors and flags with the constants of the running kernel.

import Kernel

func testErrors(_ run: inout TestRun) {
  run.test("an error goes to C and back unchanged") { checks throws(Errno) in
    var code: CInt = 1
    while code <= 133 {
      let error = Errno(kernelResult: 0 &- code)
      if error.rawValue != code || error.kernelResult != 0 &- code {
        checks.expect(false, "every code from 1 to 133 survives")
        return
      }
      code &+= 1
    }
    checks.expect(true, "every code from 1 to 133 survives")
  }
  run.test("a number that is no error code reads as an invalid argument") { checks throws(Errno) in
    checks.expect(Errno(kernelResult: -4096) == .invalidArgument, "-4096 is EINVAL")
    checks.expect(
      Errno(kernelResult: CInt.min) == .invalidArgument, "the smallest integer is EINVAL")
    checks.expect(Errno(kernelResult: 5) == .invalidArgument, "a positive number is EINVAL")
    checks.expect(Errno(rawValue: 0) == nil, "0 is no error")
    checks.expect(Errno(rawValue: 134) == nil, "134 is no error")
    checks.expect(Errno(rawValue: 529) == nil, "EIOCBQUEUED is no error code")
    checks.expect(Errno(kernelResult: -529) == .invalidArgument, "EIOCBQUEUED reads as EINVAL")
    checks.expect(Errno(kernelResult: -512) == .interrupted, "ERESTARTSYS is EINTR")
    checks.expect(Errno(kernelResult: -524) == .notSupported, "ENOTSUPP is EOPNOTSUPP")
  }
  run.test("allocation flags say whether they sleep") { checks throws(Errno) in
    checks.expect(AllocationFlags.kernel.maySleep, "GFP_KERNEL sleeps")
    checks.expect(AllocationFlags.noIO.maySleep, "GFP_NOIO sleeps")
    checks.expect(!AllocationFlags.atomic.maySleep, "GFP_ATOMIC does not sleep")
    checks.expect(!AllocationFlags.noWait.maySleep, "GFP_NOWAIT does not sleep")
    checks.expect((.noWait | .zeroed).contains(.zeroed), "a union of flags contains both")
    checks.expect(!AllocationFlags.noWait.contains(.zeroed), "one flag does not contain the other")
  }
  run.test("a NUMA node that does not exist is refused") { checks throws(Errno) in
    checks.expect(.invalidArgument, "node -2 is refused") { () throws(Errno) in _ = try NUMANode(-2)
    }
    checks.expect(.invalidArgument, "node 1 << 20 is refused") { () throws(Errno) in
      _ = try NUMANode(1 << 20)
    }
    checks.expect(try NUMANode(-1) == .any, "-1 is no preference")
    checks.expect(try NUMANode(0) != .any, "node 0 exists")
  }
}

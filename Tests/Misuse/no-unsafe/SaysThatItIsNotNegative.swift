// SPDX-License-Identifier: GPL-2.0-only
// A function of the standard library's own: the compiler believes it, and leaves out half of a
// bounds check.
// EXPECT: drivers may not say '_assumeNonNegative'
import Kernel

@TimerHandler
struct Probe: TimerHandler, ~Copyable {
  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction { .stop }
}

public func byte(_ bytes: borrowing [4 of UInt8], _ index: Int) -> UInt8 { bytes[_assumeNonNegative(index)] } // MISUSE
public func byte(_ bytes: borrowing [4 of UInt8], _ index: Int) -> UInt8 { bytes[index] } // TWIN

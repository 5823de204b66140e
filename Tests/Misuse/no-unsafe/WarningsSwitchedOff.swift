// SPDX-License-Identifier: GPL-2.0-only
// (A later compiler may know the attribute. Then the gate has to refuse it.)
// EXPECT: @diagnose|unknown attribute

@diagnose(StrictMemorySafety, as: ignored) public func f(_ x: UInt8?) -> UInt8 { x.unsafelyUnwrapped } // MISUSE
public func f(_ x: UInt8?) -> UInt8 { x ?? 0 } // TWIN

// SPDX-License-Identifier: GPL-2.0-only
// A protocol of the driver's own, whose requirement a pointer of the library's fulfils.
// EXPECT: conformance of 'StaticString' to protocol 'Text' involves unsafe code
import Kernel

protocol Text {
  associatedtype Part
  var utf8Start: Part { get } // MISUSE
  var utf8CodeUnitCount: Part { get } // TWIN
}

extension StaticString: Text {}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: 'segment' is borrowed and cannot be consumed
import BlockMQ

@_lifetime(borrow segment)
func same(_ segment: borrowing Segment) -> Segment { segment } // MISUSE
func same(_ segment: borrowing Segment) -> RawSpan { RawSpan() } // TWIN

// SPDX-License-Identifier: GPL-2.0-only
// Bytes of a program's are numbers, and nothing else.
// EXPECT: requires that 'Question' conform to 'FixedWidthInteger'|no calls to throwing functions occur
import BlockMQ
import Kernel

struct Question: BitwiseCopyable {
  var text: StaticCString
}

func ask(_ call: borrowing Ioctl) throws(Errno) -> Int {
  try call.readInteger(as: Question.self).text.count // MISUSE
  try Int(call.readInteger(as: UInt32.self)) // TWIN
}

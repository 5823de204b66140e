// SPDX-License-Identifier: GPL-2.0-only
// A command's answer is numbers: a struct's padding would go to the program.
// EXPECT: requires that 'Answer' conform to 'FixedWidthInteger'
import BlockMQ
import Kernel

struct Answer: BitwiseCopyable {
  var kind: UInt8
  var count: UInt64
}

func answer(_ call: borrowing Ioctl, _ answer: Answer) throws(Errno) {
  try call.writeInteger(answer) // MISUSE
  try call.writeInteger(answer.count) // TWIN
}

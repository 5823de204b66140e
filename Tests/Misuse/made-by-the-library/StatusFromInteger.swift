// SPDX-License-Identifier: GPL-2.0-only
// Block statuses are numbered differently by different kernels.
// EXPECT: cannot convert value of type 'Int' to expected argument type 'Errno'
// EXPECT: extraneous argument label 'rawValue:' in call
import BlockMQ

func status() -> BlockStatus {
  BlockStatus(rawValue: 10) // MISUSE
  .ioError // TWIN
}

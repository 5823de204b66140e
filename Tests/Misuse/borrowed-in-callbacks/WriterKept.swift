// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing reinitialization of inout parameter 'writer' after consume
import Kernel

func report(_ writer: inout TextWriter) {
  var kept = writer; kept.append("end") // MISUSE
  writer.append("end") // TWIN
}

// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: escaping closure captures 'inout' parameter 'writer'
import Kernel

func report(_ writer: inout TextWriter) {
  let later: () -> Void
  later = { writer.append("end") } // MISUSE
  later = { log(.info, "end") } // TWIN
  later()
}

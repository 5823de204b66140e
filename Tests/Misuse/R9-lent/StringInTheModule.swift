// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: has non-Escapable type 'CString'|'text' is borrowed and cannot be consumed
import Kernel

struct Settings: ~Copyable {
  var name: CString // MISUSE
  var name: ParameterString // TWIN
}

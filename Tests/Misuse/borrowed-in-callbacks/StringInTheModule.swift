// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: stored property 'name' of 'Escapable'-conforming struct 'Settings' has non-Escapable type 'CString'
import Kernel

struct Settings: ~Copyable {
  var name: CString // MISUSE
  var name: ParameterString // TWIN
}

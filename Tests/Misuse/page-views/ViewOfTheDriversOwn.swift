// SPDX-License-Identifier: GPL-2.0-only
// A view type of the driver's own would take any view beyond its scope: a hole of the compiler (H1).
// EXPECT: drivers may not say '~Escapable'
import Kernel

struct View: ~Copyable, ~Escapable { // MISUSE
struct View: ~Copyable { // TWIN
  var number = 0
}

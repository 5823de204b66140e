// SPDX-License-Identifier: GPL-2.0-only
// A module with one of everything.

import Kernel

@KernelModule(
  author: "Ren\u{e9} \"Q\" O'Neill", description: "Back\\slash, 100 % \u{1F426}, tab\tand digits \u{1}2", version: "1.0",
  alias: "other-name")
struct Everything: KernelModule, ~Copyable {
  @Parameter("depth", "Depth of a queue, \"in requests\"", in: -4...64)
  static var depth: Int = 8

  @Parameter("speed", "Speed; C:\\temp", in: 1...1_000_000, writable: true)
  static var speed: Int = 1

  @Parameter("is_fast", "Größe")
  static var isFast: Bool = true

  @Parameter("is_loud", "Loud", writable: true)
  static var isLoud: Bool = false

  @Parameter("mode", "Mode")
  static var mode: ParameterString = ParameterString()

  static var plain: Int { 1 }

  init() throws(Errno) {}

  @Command("add", "Adds one")
  mutating func add(_ text: borrowing CString) throws(Errno) {}

  @Report("state", "What there is")
  borrowing func report(_ writer: inout TextWriter) {}
}

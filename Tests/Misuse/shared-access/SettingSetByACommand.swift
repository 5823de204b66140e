// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigfsItem
struct Thing: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

@KernelModule(author: "A", description: "B", version: "1")
struct Probe: KernelModule, ~Copyable {
  let subsystem: ConfigfsSubsystem<Thing>

  init() throws(Errno) { subsystem = try ConfigfsSubsystem("probe", root: Root()) }

  @Command("level", "Sets the level")
  mutating func command(_ text: borrowing CString) throws(Errno) {
    subsystem.root.level.set(try text.integer()) // MISUSE
    guard try text.integer() == subsystem.root.level.value else { throw .invalidArgument } // TWIN
  }
}

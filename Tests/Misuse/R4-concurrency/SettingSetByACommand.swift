// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: missing argument for parameter #2 in call
import Kernel

@ConfigurationItem
struct Root: ConfigurationItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigurationItem
struct Thing: MadeConfigurationItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

@KernelModule(author: "A", description: "B", version: "1")
struct Probe: KernelModule, ~Copyable {
  let subsystem: ConfigurationSubsystem<Thing>

  init() throws(Errno) { subsystem = try ConfigurationSubsystem("probe", root: Root()) }

  @Command("level", "Sets the level")
  mutating func command(_ text: borrowing CString) throws(Errno) {
    subsystem.root.level.set(try text.integer()) // MISUSE
    guard try text.integer() == subsystem.root.level.value else { throw .invalidArgument } // TWIN
  }
}

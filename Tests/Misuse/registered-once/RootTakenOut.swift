// SPDX-License-Identifier: GPL-2.0-only
// EXPECT: cannot be consumed
import Kernel

@ConfigfsItem
struct Root: ConfigfsItem, ~Copyable {
  @Attribute("level") let level = Setting<Int>(0)
}

@ConfigfsItem
struct Thing: CreatedConfigfsItem, ~Copyable {
  init(name: borrowing CString, in root: borrowing Root) throws(Errno) {}
}

func take(_ subsystem: borrowing ConfigfsSubsystem<Thing>) {
  give(subsystem.root) // MISUSE
  _ = subsystem.root.level.value // TWIN
}

func give(_ root: consuming Root) {}

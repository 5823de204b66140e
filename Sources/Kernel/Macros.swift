// SPDX-License-Identifier: GPL-2.0-only
// The macros of a module. What they write is in Sources/KernelMacros.
// C header: include/linux/module.h, include/linux/moduleparam.h

/// Makes a struct a kernel module: its entry and exit, what modinfo shows, and its parameters.
///
/// The licence is GPL: the modules are, like Apus, GPL-2.0-only.
///
/// - Parameters:
///   - author: `MODULE_AUTHOR`.
///   - description: one line; `MODULE_DESCRIPTION`.
///   - version: `MODULE_VERSION`.
///   - alias: another name to load the module by; `MODULE_ALIAS`.
@attached(
  peer, names: named(__apus_module), named(__apus_module_start), named(__apus_module_stop),
  named(__apus_parameter_set), named(__apus_parameter_get), named(__modinfo), named(__modinfo1), named(__modinfo2),
  named(__modinfo3), named(__modinfo4), named(__modinfo5), named(__modinfo6), named(__modinfo7), named(__modinfo8),
  named(__modinfo9), named(__modinfo10), named(__modinfo11), named(__modinfo12), named(__modinfo13), named(__modinfo14),
  named(__modinfo15))
public macro KernelModule(
  author: Literal, description: Literal, version: Literal, alias: Literal? = nil
) = #externalMacro(module: "KernelMacros", type: "KernelModuleMacro")

/// Makes a static variable of a module a parameter, which is checked when it is set: `modprobe` fails with EINVAL and
/// the log names the parameter and what was wrong with it.
///
/// The variable's type is `Int`, `Bool` or `ParameterString`; its initial value is the default. An `Int` has a range. One whose type is
/// `Int32`, `UInt32` or `UInt` is as the kernel's own parameters of type int, uint and ulong: what does not fit the type is ERANGE,
/// and the module may set it to what it makes of it.
///
/// - Parameters:
///   - name: as in `modprobe module name=value` and /sys/module.
///   - help: what modinfo shows.
///   - range: what an integer may be set to.
///   - writable: whether root may set it while the module is loaded; not for strings.
///   - version: the first kernel on which there is such a parameter, as "6.12"; the variable is there on every one.
///   - option: an option of the kernel's configuration without which there is no such parameter, without CONFIG_.
@attached(accessor)
@attached(peer, names: prefixed(__parameter_))
public macro Parameter(
  _ name: Literal, _ help: Literal, in range: ClosedRange<Int>? = nil, writable: Bool = false,
  since version: Literal? = nil, config option: Literal? = nil
) = #externalMacro(module: "KernelMacros", type: "ParameterMacro")

/// Makes a method of a module a command: what root writes to /sys/module/…/parameters/NAME, the method is called
/// with, and its error is the writer's.
///
/// The method is `mutating func (_ text: borrowing CString) throws(Errno)`; commands and reports run one at a time,
/// in process context, and may sleep.
@attached(peer)
public macro Command(_ name: Literal, _ help: Literal) =
  #externalMacro(module: "KernelMacros", type: "MarkMacro")

/// Makes a method of a module a report: what it writes is what a reader of /sys/module/…/parameters/NAME gets, a page
/// at most.
///
/// The method is `borrowing func (_ writer: inout TextWriter)`.
@attached(peer)
public macro Report(_ name: Literal, _ help: Literal) =
  #externalMacro(module: "KernelMacros", type: "MarkMacro")

/// Writes the C callbacks of an item of configfs, from its members' marks.
@attached(
  member, names: named(attributeCount), named(describe), named(addGroups), named(release), named(make), named(drop))
public macro ConfigurationItem() = #externalMacro(module: "KernelMacros", type: "ConfigurationItemMacro")

/// Makes a `Setting`, a `NamedSetting` or a `TextSetting` an attribute of its item: a file that shows it and, if it is
/// writable, sets it.
///
/// - Parameters:
///   - name: the file's name.
///   - writable: whether it may be set at all.
///   - condition: whether there is such a file.
@attached(peer)
public macro Attribute(_ name: Literal, writable: Bool = true, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a `Setting` of an integer an attribute of its item.
///
/// - Parameters:
///   - name: the file's name.
///   - range: what it may be set to, written out as `lower...upper`; a value outside is EINVAL.
///   - writable: whether it may be set at all.
///   - condition: whether there is such a file.
@attached(peer)
public macro Attribute<Bound: FixedWidthInteger>(
  _ name: Literal, in range: ClosedRange<Bound>, writable: Bool = true, when condition: Bool = true
) = #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a method what a reader of an attribute gets: `borrowing func (_ writer: inout TextWriter) throws(Errno)`.
@attached(peer)
public macro Show(_ name: Literal, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a method what a writer of an attribute calls: `borrowing func (_ text: borrowing CString)
/// throws(Errno)`, or with `_ change: borrowing ConfigurationChange` behind the text, with which it
/// sets settings. It runs under the lock of all stores of the directory.
@attached(peer)
public macro Store(_ name: Literal, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a `ConfigurationGroup` or a `FaultInjection` a directory in its item's, as long as that is there.
@attached(peer)
public macro Group(_ name: Literal) = #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Writes the C callback of a timer's handler inside its type. The type conforms to `TimerHandler`.
@attached(member, names: named(timerCallback))
public macro TimerHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Writes the C callback of a work item's handler inside its type. The type conforms to `WorkHandler`.
@attached(member, names: named(workCallback))
public macro WorkHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Writes the C callback of a kernel thread's handler inside its type. The type conforms to `ThreadHandler`.
@attached(member, names: named(threadCallback))
public macro ThreadHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Writes the C callback of a file of debugfs inside its report's type. The type conforms to `DebugReport`.
@attached(member, names: named(debugCallback))
public macro DebugReport() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

// SPDX-License-Identifier: GPL-2.0-only
// The macros of a module. Sources/KernelMacros implements them.
// C header: include/linux/module.h, include/linux/moduleparam.h

/// Makes a struct a kernel module: generates its entry and exit functions, the information that
/// modinfo shows, and its parameters.
///
/// The licence is GPL: the modules, like Apus, are GPL-2.0-only.
///
/// - Parameters:
///   - author: `MODULE_AUTHOR`.
///   - description: one line; `MODULE_DESCRIPTION`.
///   - version: `MODULE_VERSION`.
///   - alias: another name to load the module by; `MODULE_ALIAS`.
@attached(
  peer, names: named(__apus_module), named(__apus_module_start), named(__apus_module_stop),
  named(__apus_parameter_set), named(__apus_parameter_get), named(__modinfo), named(__modinfo1),
  named(__modinfo2),
  named(__modinfo3), named(__modinfo4), named(__modinfo5), named(__modinfo6), named(__modinfo7),
  named(__modinfo8),
  named(__modinfo9), named(__modinfo10), named(__modinfo11), named(__modinfo12), named(__modinfo13),
  named(__modinfo14),
  named(__modinfo15))
public macro KernelModule(
  author: StaticCString, description: StaticCString, version: StaticCString,
  alias: StaticCString? = nil
) = #externalMacro(module: "KernelMacros", type: "KernelModuleMacro")

/// Makes a static variable of a module a module parameter.
///
/// Its value is checked when it is set: if it is invalid, `modprobe` fails with EINVAL, and the log
/// names the parameter and the reason.
///
/// The variable's type is `Int`, `Bool` or `ParameterString`, and its initial value is the default.
/// An `Int` needs a range. The type can also be `Int32`, `UInt32` or `UInt`, which behave as the
/// kernel's own parameters of type int, uint and ulong: the range is optional, a value that does
/// not fit the type is ERANGE (EINVAL if the parameter has a narrower range), and the module may
/// assign to the variable, for example the value that it uses instead.
///
/// - Parameters:
///   - name: the name, as in `modprobe module name=value` and in /sys/module.
///   - help: the description that modinfo shows.
///   - range: the values that an integer may be set to.
///   - writable: whether root may set it while the module is loaded; not for strings.
///   - version: the first kernel version that has the parameter, such as "6.12". The variable
///     exists on every kernel.
///   - option: the kernel configuration option that the parameter depends on, without CONFIG_.
@attached(accessor)
@attached(peer, names: prefixed(__parameter_))
public macro Parameter(
  _ name: StaticCString, _ help: StaticCString, in range: ClosedRange<Int>? = nil,
  writable: Bool = false,
  since version: StaticCString? = nil, config option: StaticCString? = nil
) = #externalMacro(module: "KernelMacros", type: "ParameterMacro")

/// Makes a method of a module a command: root runs it by writing to /sys/module/…/parameters/NAME.
///
/// The method gets the text, and the writer gets the error that it throws.
///
/// The method is `mutating func (_ text: borrowing CString) throws(Errno)`. Commands and reports
/// run one at a time, in process context, and may sleep.
@attached(peer)
public macro Command(_ name: StaticCString, _ help: StaticCString) =
  #externalMacro(module: "KernelMacros", type: "MarkMacro")

/// Makes a method of a module a report: a reader of /sys/module/…/parameters/NAME gets the text
/// that it writes, at most one page.
///
/// The method is `borrowing func (_ writer: inout TextWriter)`.
@attached(peer)
public macro Report(_ name: StaticCString, _ help: StaticCString) =
  #externalMacro(module: "KernelMacros", type: "MarkMacro")

/// Generates the C callbacks of a configfs item, from the marks on its members.
@attached(
  member, names: named(attributeCount), named(describe), named(addGroups), named(release),
  named(make), named(drop))
public macro ConfigfsItem() = #externalMacro(module: "KernelMacros", type: "ConfigfsItemMacro")

/// Makes a `Setting`, a `NamedSetting` or a `TextSetting` an attribute of its item: a file that
/// shows the setting and, if it is writable, sets it.
///
/// - Parameters:
///   - name: the file's name.
///   - writable: whether users may set it.
///   - condition: whether the file exists.
@attached(peer)
public macro Attribute(_ name: StaticCString, writable: Bool = true, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a `Setting` of an integer an attribute of its item.
///
/// - Parameters:
///   - name: the file's name.
///   - range: the allowed values, written out as `lower...upper`; a value outside is EINVAL.
///   - writable: whether users may set it.
///   - condition: whether the file exists.
@attached(peer)
public macro Attribute<Bound: FixedWidthInteger>(
  _ name: StaticCString, in range: ClosedRange<Bound>, writable: Bool = true,
  when condition: Bool = true
) = #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a method the `show` of an attribute: a reader of the file gets the text that it writes.
///
/// The method is `borrowing func (_ writer: inout TextWriter) throws(Errno)`.
@attached(peer)
public macro Show(_ name: StaticCString, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a method the `store` of an attribute: it gets the text that a user writes to the file.
///
/// The method is `borrowing func (_ text: borrowing CString) throws(Errno)`. To change settings it
/// takes a second parameter, `_ change: borrowing ConfigfsChange`. It runs under the
/// directory's lock for stores.
@attached(peer)
public macro Store(_ name: StaticCString, when condition: Bool = true) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Makes a `ConfigfsGroup` or a `FaultInjection` a default group of its item: a directory that
/// exists as long as the item's directory.
@attached(peer)
public macro Group(_ name: StaticCString) =
  #externalMacro(module: "KernelMacros", type: "AttributeMarkMacro")

/// Generates the C callback of a timer's handler. The type conforms to `TimerHandler`.
@attached(member, names: named(timerCallback))
public macro TimerHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Generates the C callback of a work item's handler. The type conforms to `WorkHandler`.
@attached(member, names: named(workCallback))
public macro WorkHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Generates the C callback of a kernel thread's handler. The type conforms to `ThreadHandler`.
@attached(member, names: named(threadCallback))
public macro ThreadHandler() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

/// Generates the C callback of the report of a debugfs file. The type conforms to `DebugReport`.
@attached(member, names: named(debugCallback))
public macro DebugReport() = #externalMacro(module: "KernelMacros", type: "CallbackMacro")

// SPDX-License-Identifier: GPL-2.0-only
// @TimerHandler, @WorkHandler, @ThreadHandler, @DebugReport, @BioHandler, @CloneHandler,
// @CopyHandler: the C callback of a handler.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes a handler's C callback inside its type.
///
/// A C function pointer cannot be formed from generic code, so the closure is written inside the
/// handler's type, where the type is known. The closure calls the adapter in the library.
public struct CallbackMacro: MemberMacro {
  /// For each macro: the property that holds the callback, the module of the following types, the
  /// callback's type, the adapter, and the adapter's method that the callback calls.
  private static let callbacks = [
    "TimerHandler": ("timerCallback", "Kernel", "TimerCallback", "TimerAdapter", "expired($0)"),
    "WorkHandler": ("workCallback", "Kernel", "WorkCallback", "WorkAdapter", "run($0)"),
    "ThreadHandler": ("threadCallback", "Kernel", "ThreadCallback", "ThreadAdapter", "run($0)"),
    "DebugReport": (
      "debugCallback", "Kernel", "DebugCallback", "DebugAdapter", "write($0, $1, $2, $3)"
    ),
    "BioHandler": ("bioCallback", "Block", "BioCallback", "BioAdapter", "ended($0)"),
    "CloneHandler": ("cloneCallback", "BlockMQ", "CloneCallback", "CloneAdapter", "ended($0)"),
    "CopyHandler": (
      "copyCallback", "DeviceMapper", "CopyCallback", "CopyAdapter", "ended($0, $1, $2)"
    ),
  ]

  /// Returns the property that holds the C callback.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let (property, module, callback, adapter, call) = callbacks[node.name] else { return [] }
    guard let type = declaration.as(StructDeclSyntax.self) else {
      context.complain(node, "'@\(node.name)' can only be attached to a struct")
      return []
    }
    if let generics = type.genericParameterClause {
      context.complain(
        generics,
        "a handler cannot be generic: a C function pointer cannot be formed from generic code")
      return []
    }
    return [
      """
      @unsafe static var \(raw: property): \(raw: module)::\(raw: callback)<Self> {
        unsafe \(raw: module)::\(raw: callback)<Self>.\(raw: module)::init({
          unsafe \(raw: module)::\(raw: adapter)<Self>.\(raw: module)::\(raw: call)
        })
      }
      """
    ]
  }
}

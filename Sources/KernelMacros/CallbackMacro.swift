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
  /// Returns the property that holds the C callback.
  ///
  /// Reports an error and returns nothing if the declaration is not a struct or is generic.
  public static func expansion(
    of node: AttributeSyntax, providingMembersOf declaration: some DeclGroupSyntax,
    conformingTo protocols: [TypeSyntax], in context: some MacroExpansionContext
  ) throws -> [DeclSyntax] {
    guard let macro = Operations.handlers.first(where: { $0.name == node.name }),
      context.plainStruct(declaration, of: node, "a handler") != nil
    else { return [] }
    let module = macro.module
    return [
      """
      @unsafe static var \(raw: macro.property): \(raw: module)::\(raw: macro.callback)<Self> {
        unsafe \(raw: module)::\(raw: macro.callback)<Self>.\(raw: module)::init({
          unsafe \(raw: module)::\(raw: macro.adapter)<Self>.\(raw: module)::\(raw: macro.call)
        })
      }
      """
    ]
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// #lockClass: a name for the locks that are made at one place in the source.

import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacros

/// Writes a literal that is unique in the module: the file, line and column.
///
/// A macro in a default argument is expanded at the call, so the place is the caller's.
public struct LockClassMacro: ExpressionMacro {
  /// Returns the literal `"file:line:column"`.
  ///
  /// Throws: an error that the compiler reports, if the place is not known.
  public static func expansion(
    of node: some FreestandingMacroExpansionSyntax, in context: some MacroExpansionContext
  ) throws -> ExprSyntax {
    guard let place = context.location(of: node),
      let file = place.file.as(StringLiteralExprSyntax.self)?.representedLiteralValue
    else { throw Complaint("'#lockClass' cannot tell where it stands") }
    let name = "\(file):\(place.line.trimmedDescription):\(place.column.trimmedDescription)"
    return "\(literal: name)"
  }
}

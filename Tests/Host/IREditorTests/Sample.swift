// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the editor have in common: code around the lines of a test.

@testable import IREditor

/// The groups of attributes that the samples refer to. Functions have #0, or #1 if they do not
/// return. Calls have #2, or #3 if they do not return.
let groups = """
  attributes #0 = { nounwind "frame-pointer"="all" }
  attributes #1 = { noreturn "frame-pointer"="all" }
  attributes #2 = { nounwind }
  attributes #3 = { noreturn }
  """

/// The sample behind the edits, with the groups of attributes behind it. The groups are not in the
/// result.
func edited(_ text: String) throws(Refusal) -> String {
  let all = text + "\n" + groups + "\n"
  let output = String(
    decoding: try Editor.edited(Array(all.utf8), attributes: "\"kernel\""), as: UTF8.self)
  let first = groups.split(separator: "\n")[0].prefix(14)
  let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
  let own = lines.prefix { !$0.hasPrefix(first) }
  // What the editor adds at the end of the file.
  let added = lines.dropFirst(own.count + 4).filter { !$0.isEmpty }
  return (own + added).joined(separator: "\n")
}

/// The lines of a function's body behind the edits.
func editedBody(_ body: String, others: String = "") throws(Refusal) -> String {
  let text = try edited("define void @f(ptr %p) #0 {\nentry:\n\(body)\n}\n\(others)")
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  return lines.dropFirst(2).prefix { $0 != "}" }.joined(separator: "\n")
}

/// The refusal of the sample, or nil.
func refusal(of text: String) -> Refusal? {
  do throws(Refusal) {
    _ = try edited(text)
    return nil
  } catch {
    return error
  }
}

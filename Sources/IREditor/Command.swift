// SPDX-License-Identifier: GPL-2.0-only
// Edits LLVM's intermediate code between swiftc and clang.
//
// edit-ir ATTRIBUTES FILE.ll EDITED.ll
//
// ATTRIBUTES are the string attributes that every function gets. Code that the editor does not know
// is refused with a line "FILE:LINE: error: SENTENCE (edit-ir)", and nothing is written; the exit
// status is then 1. Status 2 means that a file could not be read or written. kbuild/edit-ir builds
// this program.

import Glibc

@main
enum Command {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      fail("usage: edit-ir ATTRIBUTES FILE.ll EDITED.ll", status: 2)
    }
    let file = arguments[2]
    guard let text = contents(of: file) else { fail("\(file): cannot be read", status: 2) }
    do throws(Refusal) {
      let edited = try Editor.edited(text, attributes: arguments[1])
      guard write(edited, to: arguments[3]) else {
        fail("\(arguments[3]): cannot be written", status: 2)
      }
    } catch {
      fail("\(file):\(error.line): error: \(error.sentence) (edit-ir)", status: 1)
    }
  }

  private static func contents(of file: String) -> [UInt8]? {
    guard let stream = fopen(file, "r") else { return nil }
    defer { fclose(stream) }
    guard fseek(stream, 0, SEEK_END) == 0, case let count = ftell(stream), count >= 0 else {
      return nil
    }
    rewind(stream)
    var text = [UInt8](repeating: 0, count: count)
    return fread(&text, 1, count, stream) == count ? text : nil
  }

  private static func write(_ text: [UInt8], to file: String) -> Bool {
    guard let stream = fopen(file, "w") else { return false }
    let isWritten = fwrite(text, 1, text.count, stream) == text.count
    return fclose(stream) == 0 && isWritten
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    let line = Array((message + "\n").utf8)
    _ = Glibc.write(STDERR_FILENO, line, line.count)
    exit(status)
  }
}

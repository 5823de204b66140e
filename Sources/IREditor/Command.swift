// SPDX-License-Identifier: GPL-2.0-only
// Edits LLVM's intermediate code between swiftc and clang.
//
// edit-ir ATTRIBUTES FILE.ll EDITED.ll
//
// edit-ir --sizes PRINTED
//
// PRINTED is what swiftc printed, with its code in it. A type that is too large is refused
// (TypeSizes.swift), and the code is taken out of the file.
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
    if arguments.count == 3, arguments[1] == "--sizes" { checkSizes(in: arguments[2]) }
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

  private static func checkSizes(in file: String) -> Never {
    guard let printed = contents(of: file) else { fail("\(file): cannot be read", status: 2) }
    guard let (rest, refusals) = TypeSizes.check(printed) else {
      fail("error: swiftc printed no code, so the sizes of types are unknown (edit-ir)", status: 1)
    }
    guard write(rest, to: file) else { fail("\(file): cannot be written", status: 2) }
    guard refusals.isEmpty else {
      fail(refusals.map { "error: \($0) (edit-ir)" }.joined(separator: "\n"), status: 1)
    }
    exit(0)
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

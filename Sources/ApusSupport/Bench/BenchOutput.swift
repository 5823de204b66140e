// SPDX-License-Identifier: GPL-2.0-only
// Parses what Tests/Bench/bench.sh prints in one boot.

import Foundation

/// The measurements of one boot.
public struct BenchOutput: Equatable, Sendable {
  /// Whose driver was measured.
  public enum Side: String, Sendable {
    case c = "C"
    case swift = "Swift"
  }

  /// What one driver needs for one operation.
  public struct Measurement: Equatable, Sendable {
    /// The name of the row.
    public var name: String
    /// Whose driver it is.
    public var side: Side
    /// The command that made the device; empty if the script has made none.
    public var setup: String
    /// What the generator was told; empty if another module measured.
    public var command: String
    /// The cost of one operation, in instructions.
    public var cost: Double
  }

  /// All measurements, in the order in which they were printed.
  public private(set) var measurements: [Measurement] = []
  /// The guest's mitigations of the CPU's vulnerabilities, by their names in sysfs.
  public private(set) var mitigations: [String: String] = [:]

  /// Parses the output of a script that came to its end.
  ///
  /// Throws: `Failure` for a line that has the wrong form, a row that one side has twice, and an
  /// output without an end.
  public init(parsing text: String) throws {
    var setups: [Side: String] = [:]
    var seen: Set<String> = []
    var isComplete = false
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      func wrong() -> Failure { Failure("the script of the bench printed '\(line)'") }
      func side(_ index: Int, of count: Int) throws -> Side {
        guard parts.count == count, let side = Side(rawValue: parts[index]) else { throw wrong() }
        return side
      }
      func add(_ side: Side, _ setup: String, _ command: String, _ cost: Double) throws {
        guard seen.insert("\(side.rawValue)|\(parts[1])").inserted else {
          throw Failure("the row '\(parts[1])' was measured twice")
        }
        measurements.append(
          Measurement(name: parts[1], side: side, setup: setup, command: command, cost: cost))
      }
      switch parts[0] {
      case "setup":
        setups[try side(1, of: 3)] = parts[2]
      case "row":
        let side = try side(2, of: 5)
        try add(side, setups[side] ?? "", parts[3], BatchTimes(parsing: parts[4]).slope)
      case "cost":
        let side = try side(2, of: 4)
        guard let cost = Double(parts[3]), cost > 0 else { throw wrong() }
        try add(side, "", "", cost)
      case "mitigation":
        guard parts.count == 3 else { throw wrong() }
        mitigations[parts[1]] = parts[2]
      case "done":
        isComplete = true
      default:
        throw wrong()
      }
    }
    if !isComplete { throw Failure("the script of the bench ended before its last line") }
  }
}

// SPDX-License-Identifier: GPL-2.0-only
// The results of `apus bench`: the content of build/bench/results.json.

import Foundation

/// What one driver needs for one operation, as several boots have measured it.
public struct BenchCost: Codable, Equatable, Sendable {
  /// The command that made the device; empty if there is none.
  public var setup: String
  /// What the generator was told; empty if another module measured.
  public var command: String
  /// The instructions for one operation, one number for each boot.
  public var runs: [Double]

  /// A cost with its commands.
  public init(setup: String = "", command: String = "", runs: [Double]) {
    self.setup = setup
    self.command = command
    self.runs = runs
  }

  /// The least of the runs: interference only adds instructions.
  public var cost: Double { runs.min() ?? 0 }
  /// The distance between the least and the greatest of the runs.
  public var spread: Double { (runs.max() ?? 0) - cost }
}

/// A row of the table: the same operation with the driver in C and the one in Swift.
public struct BenchRow: Codable, Equatable, Sendable {
  /// The name of the row, which says what was done.
  public var name: String
  /// The kernel's own driver.
  public var c: BenchCost
  /// The driver in Swift.
  public var swift: BenchCost

  /// A row with both sides.
  public init(name: String, c: BenchCost, swift: BenchCost) {
    self.name = name
    self.c = c
    self.swift = swift
  }

  /// How many instructions Swift needs for each of C's.
  public var ratio: Double { swift.cost / c.cost }
  /// The greater spread of the two sides.
  public var spread: Double { max(c.spread, swift.spread) }
}

/// The sizes of a pair of modules.
public struct ModuleSizes: Codable, Equatable, Sendable {
  /// The sizes of one module, in bytes, as `size` prints them.
  public struct Size: Codable, Equatable, Sendable {
    /// The name of the module.
    public var module: String
    /// Code and constant data.
    public var text: Int
    /// Data that is written.
    public var data: Int
  }

  /// The kernel's own module.
  public var c: Size
  /// The module in Swift.
  public var swift: Size

  /// Parses a line of `size`: text, data, bss, their sum twice, and the file.
  static func parse(_ line: some StringProtocol) -> Size? {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 6, let text = Int(words[0]), let data = Int(words[1]) else { return nil }
    let file = words[5].split(separator: "/").last ?? ""
    return Size(module: String(file.prefix { $0 != "." }), text: text, data: data)
  }
}

/// All results, with what they depend on.
public struct BenchResults: Codable, Equatable, Sendable {
  /// What the numbers depend on.
  public struct Machine: Codable, Equatable, Sendable {
    /// The release of the guest's kernel.
    public var release = ""
    /// The version of QEMU.
    public var qemu = ""
    /// The version of the Swift compiler.
    public var swift = ""
    /// The commit of the source tree.
    public var commit = ""
    /// The command that ran the guest.
    public var command = ""
    /// The guest's mitigations.
    public var mitigations: [String: String] = [:]

    /// A machine about which nothing is known.
    public init() {}
  }

  /// The name of the kernel in `kbuild/kernels`.
  public var kernel: String
  /// What the numbers depend on.
  public var machine: Machine
  /// The rows, in the script's order.
  public var rows: [BenchRow]
  /// The sizes of the modules.
  public var sizes: [ModuleSizes] = []

  /// Results with these rows.
  public init(kernel: String, machine: Machine, rows: [BenchRow]) {
    self.kernel = kernel
    self.machine = machine
    self.rows = rows
  }

  /// Joins the measurements of several boots to rows.
  ///
  /// Throws: `Failure` if there are none, if a row lacks a side, or if the boots have different
  /// rows.
  public static func rows(of boots: [BenchOutput]) throws -> [BenchRow] {
    guard let first = boots.first, !first.measurements.isEmpty else {
      throw Failure("the bench measured nothing")
    }
    let keys = first.measurements.map { "\($0.name) (\($0.side.rawValue))" }
    for boot in boots where boot.measurements.map({ "\($0.name) (\($0.side.rawValue))" }) != keys {
      throw Failure("the boots of the bench measured different rows")
    }
    func cost(_ name: String, _ side: BenchOutput.Side) throws -> BenchCost {
      guard
        let index = first.measurements.firstIndex(where: { $0.name == name && $0.side == side })
      else { throw Failure("the row '\(name)' has no \(side.rawValue)") }
      let measurement = first.measurements[index]
      return BenchCost(
        setup: measurement.setup, command: measurement.command,
        runs: boots.map { $0.measurements[index].cost })
    }
    var names: [String] = []
    for measurement in first.measurements where !names.contains(measurement.name) {
      names.append(measurement.name)
    }
    return try names.map { name in
      BenchRow(name: name, c: try cost(name, .c), swift: try cost(name, .swift))
    }
  }

  /// The file's content: JSON with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Reads the file `results.json` of an earlier run.
  public init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure("cannot read \(path)", status: 2)
    }
    do {
      self = try JSONDecoder().decode(BenchResults.self, from: data)
    } catch {
      throw Failure("\(path) is no file of apus bench: \(error)", status: 2)
    }
  }
}

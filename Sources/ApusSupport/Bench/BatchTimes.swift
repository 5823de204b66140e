// SPDX-License-Identifier: GPL-2.0-only
// The answer of the generator (Tests/Bench/apus_bench.c): the times of two batches, and the cost of
// one bio.

/// The times that a small and a large batch of bios took, in instructions.
public struct BatchTimes: Equatable, Sendable {
  /// The numbers of bios in the two batches.
  public let small: Int, large: Int
  /// The least times of the two batches. An interrupt only adds to a time, so the least has none.
  public let smallTime: Int, largeTime: Int

  /// Parses an answer: words `name=number`.
  ///
  /// Throws: `Failure` if a word is missing, or if the batches give no slope.
  public init(parsing text: some StringProtocol) throws {
    var numbers: [Substring: Int] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let parts = Substring(word).split(separator: "=", maxSplits: 1)
      if parts.count == 2, let number = Int(parts[1]) { numbers[parts[0]] = number }
    }
    guard let small = numbers["small"], let large = numbers["large"],
      let smallTime = numbers["least-small"], let largeTime = numbers["least-large"],
      0 < small, small < large, 0 < smallTime, smallTime < largeTime
    else { throw Failure("the generator's answer gives no slope: \(text)") }
    self.small = small
    self.large = large
    self.smallTime = smallTime
    self.largeTime = largeTime
  }

  /// What one more bio costs, in instructions. What a batch costs by itself is in both times, and
  /// so not in the difference.
  public var slope: Double { Double(largeTime - smallTime) / Double(large - small) }
}

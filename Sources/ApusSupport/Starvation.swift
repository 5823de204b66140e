// SPDX-License-Identifier: GPL-2.0-only
// Measures for how long this machine kept a program from running.

import Foundation

/// The time that a program's threads were ready to run while the host's CPUs ran other programs. A
/// time limit does not count it: on a loaded machine, a guest is slow and not wrong.
enum Starvation {
  /// The longest such time of a thread of the process, in seconds; 0 if the kernel does not count
  /// it. (Threads may wait concurrently, so the sum could exceed the time that has passed.)
  static func seconds(of process: Int32) -> Double {
    let directory = "/proc/\(process)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return threads.compactMap { thread in
      (try? String(contentsOfFile: "\(directory)/\(thread)/schedstat", encoding: .utf8)).flatMap {
        seconds(parsing: $0)
      }
    }.max() ?? 0
  }

  /// The wait of one thread. The kernel writes its time on a CPU, its time in a run queue (both in
  /// nanoseconds) and how many times it ran (see Documentation/scheduler/sched-stats.rst).
  static func seconds(parsing text: String) -> Double? {
    let numbers = text.split(whereSeparator: \.isWhitespace)
    guard numbers.count == 3, let wait = UInt64(numbers[1]) else { return nil }
    return Double(wait) / 1e9
  }
}

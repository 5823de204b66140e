// SPDX-License-Identifier: GPL-2.0-only
// Determines which suites run on which kernels, from the command's options.

/// The suites to run, in order, and the kernels to run them on.
public struct TestPlan: Equatable, Sendable {
  /// The suites, in the order in which they run.
  public let suites: [Suite]
  /// The shipped kernels on which all of `misuse`, `codegen`, `vm` and `bench` runs.
  public let kernels: [String]
  /// The shipped kernels on which only those scripts of `vm` run whose subject differs between
  /// kernels.
  public let furtherKernels: [String]

  /// Plans for `suites` and `kernels`. An empty list of suites means all, but the suite `debug`
  /// runs only if it or its kernel is named. An empty list of kernels means everything on the main
  /// kernel, and on the others what differs there; with `everywhere`, everything on each.
  public init(
    suites asked: [Suite], kernels wanted: [String], everywhere: Bool = false, list: KernelList
  ) throws {
    for kernel in wanted where !list.names.contains(kernel) {
      if kernel == KernelList.debugName { throw Self.noDebugKernel }
      throw Failure(
        "there is no kernel '\(kernel)'; kbuild/kernels has \(list.names.joined(separator: ", "))",
        status: 2)
    }
    if asked.contains(.debug), !list.hasDebug { throw Self.noDebugKernel }
    if wanted.isEmpty, !everywhere {
      kernels = Array(list.stock.prefix(1))
      furtherKernels = Array(list.stock.dropFirst())
    } else {
      kernels = wanted.isEmpty ? list.stock : list.stock.filter(wanted.contains)
      furtherKernels = []
    }
    if asked.isEmpty {
      // Building the debug kernel takes a long time, so it must be requested by name.
      let wantsDebug = list.hasDebug && wanted.contains(KernelList.debugName)
      suites =
        (kernels.isEmpty ? [] : [.host, .misuse, .codegen, .vm, .bench])
        + (wantsDebug ? [.debug] : [])
    } else {
      suites = Suite.allCases.filter(asked.contains)
    }
  }

  private static var noDebugKernel: Failure {
    Failure(
      "there is no debug kernel: kbuild/kernels has no line '\(KernelList.debugName)'", status: 2)
  }
}

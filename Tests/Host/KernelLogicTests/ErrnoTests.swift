// SPDX-License-Identifier: GPL-2.0-only
// Errors: every number has one meaning in each direction.

import Testing

@testable import KernelLogic

@Suite struct ErrnoTests {
  static let edges: [CInt] = [
    .min, .min + 1, -4097, -4096, -4095, -529, -134, -133, -132, -2, -1, 0, 1, 2, 132, 133, 134,
    529,
    4095, 4096, .max - 1, .max,
  ]

  @Test(arguments: edges) func isACodeOnlyWithinTheRange(_ number: CInt) {
    #expect(Errno(rawValue: number)?.rawValue == ((1...133).contains(number) ? number : nil))
  }

  @Test func everyCodeComesBackAsItWent() {
    for code: CInt in 1...133 {
      let error = Errno(rawValue: code)
      #expect(error?.kernelResult == -code)
      #expect(Errno(kernelResult: -code) == error)
    }
  }

  @Test(arguments: edges) func readsWhatIsNoErrorAsAnInvalidArgument(_ number: CInt) {
    let error = Errno(kernelResult: number)
    #expect(error.rawValue == ((-133 ... -1).contains(number) ? -number : 22))
    #expect((-133 ... -1).contains(error.kernelResult))
  }

  @Test func theKernelsInternalCodesDoNotReachUserSpace() {
    for code: CInt in 512...531 {
      #expect(Errno(rawValue: code) == nil)
      let wanted: Errno =
        switch code {
        case 512, 513, 514, 516: .interrupted
        case 524: .notSupported
        default: .invalidArgument
        }
      #expect(Errno(kernelResult: -code) == wanted)
    }
  }

  @Test(arguments: edges) func checkThrowsForNegativeNumbersOnly(_ number: CInt) {
    do throws(Errno) {
      #expect(try Errno.check(number) == number)
      #expect(number >= 0)
    } catch {
      #expect(number < 0)
      #expect(error == Errno(kernelResult: number))
    }
  }

  @Test func resultIsZeroOrTheError() {
    #expect(Errno.result { () throws(Errno) in } == 0)
    #expect(Errno.result { () throws(Errno) in throw .busy } == -16)
  }

  @Test func theNamesAreTheHeadersNumbers() {
    let numbers: [(Errno, CInt)] = [
      (.notPermitted, 1), (.noSuchFileOrDirectory, 2), (.interrupted, 4), (.ioError, 5),
      (.noSuchDeviceOrAddress, 6),
      (.tryAgain, 11), (.outOfMemory, 12), (.accessDenied, 13), (.badAddress, 14), (.busy, 16),
      (.exists, 17),
      (.noSuchDevice, 19), (.invalidArgument, 22), (.fileTooLarge, 27), (.noSpaceLeft, 28),
      (.readOnly, 30),
      (.outOfRange, 34), (.nameTooLong, 36), (.noData, 61), (.overflow, 75), (.notSupported, 95),
      (.shutDown, 108),
      (.timedOut, 110),
    ]
    for (error, number) in numbers { #expect(error.rawValue == number) }
  }
}

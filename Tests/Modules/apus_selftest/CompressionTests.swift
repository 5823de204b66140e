// SPDX-License-Identifier: GPL-2.0-only
// apus_selftest: tests of compression with the kernel's algorithms.

import Kernel

func testCompression(_ run: inout TestRun) {
  run.test("compressed data decompresses to the original data") { checks throws(Errno) in
    try expectRoundTrip("lzo", &checks)
    try expectRoundTrip("lzo-rle", &checks)
  }
  run.test("an unknown compression algorithm is refused") { checks throws(Errno) in
    checks.expect(.noSuchFileOrDirectory, "an unknown algorithm throws noSuchFileOrDirectory") {
      () throws(Errno) in
      _ = try Compressor(named: "apus-no-such-algorithm")
    }
  }
  run.test("compression needs a buffer for incompressible data") { checks throws(Errno) in
    checks.expect(
      Compressor.room(forCompressing: 4096) == 4096 + 512 + 72,
      "the buffer for a page has 4096 + 512 + 72 bytes")
    checks.expect(
      Compressor.room(forCompressing: .max) == nil, "the buffer size for Int.max bytes is nil")
    checks.expect(Compressor.room(forCompressing: -1) == nil, "the buffer size for -1 bytes is nil")
    checks.expect(
      Compressor.maximumByteCount < 1 << 31, "the longest input fits an algorithm's signed count")
    var compressor = try Compressor(named: "lzo")
    let source = try Page(.kernel | .zeroed)
    var small = try Page(.kernel | .zeroed)
    checks.expect(.invalidArgument, "compression of a page into a page is refused") {
      () throws(Errno) in
      try source.withBytes { source throws(Errno) in
        try small.withMutableBytes { bytes throws(Errno) in
          _ = try compressor.compress(source, into: bytes)
        }
      }
    }
    checks.expect(.invalidArgument, "compression to a negative offset is refused") {
      () throws(Errno) in
      try source.withBytes { source throws(Errno) in
        try small.withMutableBytes { bytes throws(Errno) in
          _ = try compressor.compress(source, into: bytes, at: .min)
        }
      }
    }
    checks.expect(.invalidArgument, "decompression into 0 bytes is refused") { () throws(Errno) in
      try source.withBytes { source throws(Errno) in
        try small.withMutableBytes { bytes throws(Errno) in
          _ = try compressor.decompress(source, at: 0, length: 64, into: bytes, at: pageSize)
        }
      }
    }
    checks.expect(.invalidArgument, "decompression beyond the end of the source is refused") {
      () throws(Errno) in
      try source.withBytes { source throws(Errno) in
        try small.withMutableBytes { bytes throws(Errno) in
          _ = try compressor.decompress(source, at: pageSize &- 1, length: 2, into: bytes)
        }
      }
    }
    let untouched = small.withBytes { bytes in isFilled(bytes, with: 0) }
    checks.expect(untouched, "the refused calls write nothing")
  }
  run.test("data that was not compressed does not decompress") { checks throws(Errno) in
    var compressor = try Compressor(named: "lzo")
    var source = try Page(.kernel)
    try source.fill(with: 0xa5)
    var room = try Page(.kernel | .zeroed)
    checks.expect(.invalidArgument, "its decompression throws invalidArgument") {
      () throws(Errno) in
      try source.withBytes { source throws(Errno) in
        try room.withMutableBytes { bytes throws(Errno) in
          _ = try compressor.decompress(source, at: 0, length: pageSize, into: bytes)
        }
      }
    }
  }
}

/// Compresses and decompresses a page of text and a page of noise.
private func expectRoundTrip(_ name: StaticCString, _ checks: inout Checks) throws(Errno) {
  var compressor = try Compressor(named: name)
  var source = try Page(.kernel)
  var compressed = try Pages<1>(.kernel | .zeroed)
  var pass = 0
  while pass < 2 {
    let isNoise = pass == 1
    try source.withMutableBytes { bytes throws(Errno) in
      var state: UInt32 = 1
      var index = 0
      while index < pageSize {
        state = state &* 1_664_525 &+ 1_013_904_223
        let byte =
          isNoise ? UInt8(truncatingIfNeeded: state >> 24) : UInt8(truncatingIfNeeded: index % 7)
        try bytes.store(byte, at: index)
        index &+= 1
      }
    }
    let length = try source.withBytes { source throws(Errno) in
      try compressed.withMutableBytes { bytes throws(Errno) in
        try compressor.compress(source, into: bytes)
      }
    }
    if isNoise {
      checks.expect(length > pageSize, "compressed noise is longer than a page")
      checks.expect(
        length <= Compressor.room(forCompressing: pageSize) ?? 0,
        "compressed noise fits the buffer size")
    } else {
      checks.expect(
        length < pageSize / 4, "compressed repetitions are shorter than a quarter of a page")
    }
    // Decompresses to an offset, to show that the offset is used.
    let half = pageSize / 2
    var target = try Pages<1>(.kernel | .zeroed)
    let back = try compressed.withBytes { bytes throws(Errno) in
      try target.withMutableBytes { target throws(Errno) in
        try compressor.decompress(bytes, at: 0, length: length, into: target, at: half)
      }
    }
    checks.expect(back == pageSize, "decompression yields a whole page")
    let isSame = try source.withBytes { source throws(Errno) in
      try target.withBytes { target throws(Errno) in
        var index = 0
        while index < pageSize, source.byte(at: index) == target.byte(at: half &+ index) {
          index &+= 1
        }
        return index == pageSize && target.byte(at: half &- 1) == 0
      }
    }
    checks.expect(isSame, "the decompressed data is the original, at the requested offset")
    pass &+= 1
  }
}

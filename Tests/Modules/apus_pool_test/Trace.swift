// SPDX-License-Identifier: GPL-2.0-only
// apus_pool_test: measures how much memory objects of real sizes take.

import Zpool

/// Objects of given sizes in each kind of pool.
struct Trace: ~Copyable {
  private let capacity = 40_000
  /// apus_zblock alone has more objects, to show how much memory a large pool takes.
  private let largest = 160_000
  private var buddies: ObjectTable<DirectStore<Buddies>>
  private var slabs: ObjectTable<DirectStore<SlotSlabs>>
  private var kernel: ObjectTable<KernelStore>
  private let buddiesPool: Pool<DirectStore<Buddies>>
  private let slabsPool: Pool<DirectStore<SlotSlabs>>
  private let kernelPool: Pool<KernelStore>
  private var lengths: VirtualMemory
  private var count = 0
  private var bytes = 0
  /// How many sizes were written before the first repetition.
  private var written = 0
  /// The objects that only apus_zblock has.
  private var aloneCount = 0
  private var aloneBytes = 0
  private var refused = 0
  private var source: Pages<1>

  @inline(never)
  init() throws(Errno) {
    let buddiesPool = try Pool(DirectStore(try Buddies(.kernel)), .kernel)
    let slabsPool = try Pool(DirectStore(try SlotSlabs(.kernel)), .kernel)
    let kernelPool = try Pool(KernelStore("apus_pool_trace"), .kernel)
    let buddies = try ObjectTable(in: buddiesPool, capacity: capacity)
    let slabs = try ObjectTable(in: slabsPool, capacity: largest)
    let kernel = try ObjectTable(in: kernelPool, capacity: capacity)
    let lengths = try VirtualMemory(byteCount: capacity &* 8)
    let source = try Pages<1>(.kernel | .zeroed)
    self.buddiesPool = buddiesPool
    self.slabsPool = slabsPool
    self.kernelPool = kernelPool
    self.buddies = buddies
    self.slabs = slabs
    self.kernel = kernel
    self.lengths = lengths
    self.source = source
  }

  /// Makes a trace on the heap, because it is too large for the stack.
  @inline(never)
  static func boxed() throws(Errno) -> HeapBox<Trace> { try HeapBox(try Trace(), .kernel) }

  /// Adds an object for each size in the text. Sizes are decimal numbers.
  @inline(never)
  mutating func add(_ text: borrowing CString) throws(Errno) {
    var place = 0
    var size = 0
    while true {
      let byte = text.byte(at: place) ?? 0x20
      if byte >= 0x30, byte <= 0x39, size < 100_000 {
        size = size &* 10 &+ Int(byte &- 0x30)
      } else if byte == 0x20 || byte == 0x0A {
        if size > 0 { try add(size) }
        size = 0
        written = count
      } else {
        throw .invalidArgument
      }
      if place >= text.count { return }
      place &+= 1
    }
  }

  private mutating func add(_ size: Int) throws(Errno) {
    // The size includes the two bytes of the table.
    guard count < capacity, aloneCount == 0, size > 2, size <= pageSize else {
      throw .invalidArgument
    }
    let index = count
    let length = size &- 2
    let failure: Errno? = source.withBytes { bytes in
      outcome { () throws(Errno) in
        try slabs.store(bytes.extracting(first: length), at: index, .kernel)
        try kernel.store(bytes.extracting(first: length), at: index, .kernel)
        // zbud refuses an object that leaves no chunk of the page free.
        do throws(Errno) {
          try buddies.store(bytes.extracting(first: length), at: index, .kernel)
        } catch {
          refused &+= 1
        }
      }
    }
    if let failure { throw failure }
    try lengths.withMutableBytes { bytes throws(Errno) in
      try bytes.store(UInt64(truncatingIfNeeded: size), at: index &* 8)
    }
    count &+= 1
    bytes &+= size
  }

  private func size(at index: Int) -> Int {
    lengths.withBytes { bytes in
      do throws(Errno) {
        return Int(truncatingIfNeeded: try bytes.load(as: UInt64.self, at: index &* 8))
      } catch {
        return 0
      }
    }
  }

  /// Adds an object for each written size once more, or adds them to apus_zblock alone. After that
  /// no other object can be added.
  @inline(never)
  mutating func again(alone: Bool) throws(Errno) {
    var index = 0
    while index < written {
      let size = size(at: index)
      if alone { try addAlone(size) } else { try add(size) }
      index &+= 1
    }
  }

  private mutating func addAlone(_ size: Int) throws(Errno) {
    let index = count &+ aloneCount
    guard index < largest, size > 2 else { throw .invalidArgument }
    let failure: Errno? = source.withBytes { bytes in
      outcome { () throws(Errno) in
        try slabs.store(bytes.extracting(first: size &- 2), at: index, .kernel)
      }
    }
    if let failure { throw failure }
    aloneCount &+= 1
    aloneBytes &+= size
  }

  /// Frees half of the objects.
  @inline(never)
  mutating func thin() {
    var numbers = Numbers(seed: 5)
    var index = 0
    while index < count {
      if numbers.next() & 0x10000 == 0, slabs.remove(at: index) {
        kernel.remove(at: index)
        buddies.remove(at: index)
        bytes &-= size(at: index)
      }
      index &+= 1
    }
  }

  @inline(never)
  borrowing func write(to writer: inout TextWriter) {
    writer.append(bytes)
    writer.append(" zblock ")
    writer.append(slabsPool.pageCount &* pageSize)
    writer.append(" zsmalloc ")
    writer.append(kernelPool.pageCount &* pageSize)
    writer.append(" zbud ")
    writer.append(buddiesPool.pageCount &* pageSize)
    writer.append(" refused ")
    writer.append(refused)
    writer.append(" objects ")
    writer.append(slabs.count)
    writer.append(" alone ")
    writer.append(aloneBytes)
    writer.append("\n")
  }
}

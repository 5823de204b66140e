// SPDX-License-Identifier: GPL-2.0-only
// The functions that Tests/Codegen/run examines. Each stands for one promise about the generated
// code.

public import Block
public import Kernel
import Synchronization

// One range check, and one call for the copy.
public func probeCopy(_ bytes: borrowing MutableBytes, _ source: RawSpan, _ offset: Int) throws(Errno) {
  try bytes.copy(from: source, to: offset)
}

public func probeRead(
  _ segment: borrowing Segment, _ offset: Int, _ length: Int, _ bytes: borrowing MutableBytes, _ start: Int
) throws(Errno) {
  try segment.read(at: offset, length: length, into: bytes, at: start)
}

// A typed throw compiles to a test and a branch.
@inline(never)
public func probeThrower(_ number: Int) throws(Errno) -> Int {
  if number > 3 { throw .busy }
  return number
}

public func probeCatch(_ number: Int) -> Int {
  do throws(Errno) {
    return try probeThrower(number) &+ 1
  } catch {
    return 7
  }
}

// The body is inlined between the lock's two calls.
public func probeLock(_ lock: borrowing SpinLockIRQ<Int>) {
  lock.withLock { value in value &+= 41 }
}

// Allocates a page, handles the failure, and frees the page, with no more calls than in C.
public func probePage() -> Bool {
  guard let page = try? Page(.noWait) else { return false }
  return page.node == .any
}


// The other locks: their bodies are inlined too.
public func probeMutex(_ lock: borrowing Mutex<Int>) {
  lock.withLock { value in value &+= 41 }
}

public func probeTaskSpin(_ lock: borrowing SpinLock<Int>) {
  lock.withLock { value in value &+= 41 }
}

public func probeReading(_ lock: borrowing RWSemaphore<Int>) -> Int {
  lock.withReadLock { value in value &+ 41 }
}

public func probeWriting(_ lock: borrowing RWSemaphore<Int>) {
  lock.withWriteLock { value in value &+= 41 }
}

public func probeSpinReading(_ lock: borrowing RWLockIRQ<Int>) -> Int {
  lock.withReadLock { value in value &+ 41 }
}

public func probeRCUBox(_ box: borrowing RCUBox<Int>) -> Int {
  box.withValue { value in value &+ 41 }
}

// A look-up: the lock's two calls, and between them the kernel's own look-up.
public func probeXArray(_ array: borrowing XArray<Page>) -> Int {
  array.withElement(at: 7) { page in page.withBytes { bytes in bytes.byteCount } } ?? 0
}

// A callback that the kernel calls. The handler's body is inlined in it.
@TimerHandler
struct ProbeTick: TimerHandler, ~Copyable {
  let ticks = Atomic<Int>(0)

  borrowing func expired(_ timer: borrowing TimerContext) -> TimerAction {
    ticks.wrappingAdd(41, ordering: .relaxed)
    return .stop
  }
}

@WorkHandler
struct ProbeWork: WorkHandler, ~Copyable {
  let runs = Atomic<Int>(0)

  borrowing func run(_ work: borrowing WorkContext) { runs.wrappingAdd(41, ordering: .relaxed) }
}

public func probeTimer() throws(Errno) {
  let timer = try Timer(ProbeTick(), .noWait)
  timer.start(after: .zero)
}

public func probeWork() throws(Errno) {
  let item = try WorkItem(ProbeWork(), on: .system, .noWait)
  item.queue()
}

// SPDX-License-Identifier: GPL-2.0-only
// apus_faults: the module. There is a disk for each fault, named after the fault's number:
// apusfault0 and so on.

import BlockMQ
import Kernel
import Synchronization

@KernelModule(
  author: "The Apus authors",
  description: "Block devices that drop, refuse and hold their requests", version: "0.1.0")
struct FaultsModule: KernelModule, ~Copyable {
  var disks: RigidArray<Disk<FaultyDevice>>
  // In memory of its own, because each command moves the module's value.
  var holding: HeapBox<Holding>?
  var budgets: Budgets?
  var failing: HeapBox<Failing>?
  var full: FullQueue?
  var slow: Disk<SlowDevice>?
  var outer: ConfigfsSubsystem<OuterItem>?
  var waits: BioDisk<WaitingBios>?
  let waitCounts: Shared<WaitCounts>

  @Parameter("circle", "Make a disk that nothing ends, to see what unloading does")
  static var makesCircle: Bool = false

  init() throws(Errno) {
    if FaultsModule.makesCircle { try Circle.make() }
    var disks = try RigidArray<Disk<FaultyDevice>>(capacity: 16, .kernel)
    while let fault = Fault(rawValue: disks.count) {
      let depth = fault.depth
      let tagSet = try TagSet<FaultyDevice>(
        hardwareQueues: depth == 1 ? 1 : 2, depth: depth, maySleep: depth == 1, requestTimeout: 3000
      )
      try disks.append(
        Disk(
          DiskName("apusfault", fault.rawValue), capacity: Sector(131_072), limits: DiskLimits(),
          tagSet: tagSet,
          driver: FaultyDevice(fault)))
    }
    let waitCounts = try Shared(WaitCounts(), .kernel)
    self.disks = disks
    self.holding = nil
    self.budgets = nil
    self.failing = nil
    self.full = nil
    self.slow = nil
    self.outer = nil
    self.waits = nil
    self.waitCounts = waitCounts
  }

  @Command("arm", "Write anything: the faults begin")
  mutating func arm(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.arm() }
  }

  @Command("disarm", "Write anything: the faults end")
  mutating func disarm(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.disarm() }
  }

  @Command("release", "Write anything: what is held ends")
  mutating func release(_ text: borrowing CString) throws(Errno) {
    disks.forEach { disk in disk.driver.release() }
  }

  @Command("interrupt", "Write anything: a timer's handler calls what turns interrupts on")
  mutating func interrupt(_ text: borrowing CString) throws(Errno) { try InInterrupt.run() }

  @Command("own_end", "Write work or thread: one ends in its own handler")
  mutating func ownEnd(_ text: borrowing CString) throws(Errno) {
    if text.isLine("work") { return try OwnWork.end() }
    if text.isLine("thread") { return try OwnThread.end() }
    throw .invalidArgument
  }

  @Command("remove", "Write the number of a disk: takes it away, whatever its driver holds")
  mutating func remove(_ text: borrowing CString) throws(Errno) {
    let number = try text.integer()
    guard let disk = disks.removeFirst(where: { disk in disk.driver.fault.rawValue == number })
    else {
      throw .noSuchDevice
    }
    let queue = disk.requestQueue()
    _ = consume disk
    useAfterTheDisk(queue)
  }

  /// Calls every operation of a queue whose disk, driver and tag set have ended.
  func useAfterTheDisk(_ queue: consuming RequestQueue) {
    let another = queue.share()
    _ = consume queue
    let third = another.share()
    third.run()
    third.run(afterMilliseconds: 100)
    third.stopHardwareQueues()
    third.startHardwareQueues()
    third.withQuiesced { third.kickRequeueList() }
    third.withFrozen { third.run() }
    third.kickRequeueList(afterMilliseconds: 100)
  }

  @Command("fill", "Write 1: more work items than the system's queue runs wait; 0: they end")
  mutating func fill(_ text: borrowing CString) throws(Errno) {
    full?.finish()
    full = nil
    if try text.integer() == 1 { full = try FullQueue() }
  }

  @Command("slow", "Write 1: a disk whose writes end a tag set after two seconds; 0: it ends")
  mutating func makeSlow(_ text: borrowing CString) throws(Errno) {
    slow = nil
    if try text.integer() == 1 { slow = try SlowDevice.disk() }
  }

  @Command("slow_quiesce", "Write anything: its queue is quiesced for a moment")
  mutating func quiesceSlow(_ text: borrowing CString) throws(Errno) {
    switch slow {
    case .some(let disk): disk.requestQueue().withQuiesced {}
    case .none: throw .noSuchDevice
    }
  }

  @Command("nest", "Write 1: a subsystem of configfs whose items have one; 0: it ends")
  mutating func nest(_ text: borrowing CString) throws(Errno) {
    outer = nil
    if try text.integer() == 1 { outer = try ConfigfsSubsystem("apus_outer", root: OuterRoot()) }
  }

  @Command("waits", "Write a device's path: a disk of bios that would wait for I/O to it")
  mutating func makeWaits(_ text: borrowing CString) throws(Errno) {
    waits = nil
    waits = try WaitingBios.disk(on: text, endsDevice: false, waitCounts)
  }

  @Command("waits_ends", "Write a device's path: the device ends in a submission to that disk")
  mutating func makeEnding(_ text: borrowing CString) throws(Errno) {
    waits = nil
    waits = try WaitingBios.disk(on: text, endsDevice: true, waitCounts)
  }

  @Report("waited", "How many flushes, opened devices and new disks were refused there")
  borrowing func reportWaits(_ writer: inout TextWriter) {
    writer.append(waitCounts.value.flushes.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(waitCounts.value.opens.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(waitCounts.value.disks.load(ordering: .relaxed))
    writer.append("\n")
  }

  @Command("resubmit", "Write a device's path: a bio to it is submitted anew wherever it ends")
  mutating func resubmit(_ text: borrowing CString) throws(Errno) { try Resubmissions.run(text) }

  @Command(
    "hold",
    "Write the number of a place where the driver keeps a request; 10 more: the tag set stays; 20: shared tags"
  )
  mutating func hold(_ text: borrowing CString) throws(Errno) {
    let number = try text.integer()
    guard let place = Place(rawValue: number % 10) else { throw .invalidArgument }
    holding = nil
    holding = try HeapBox(
      Holding(place, keepsTagSet: number >= 10 && number < 20, sharesTags: number >= 20), .kernel)
  }

  @Command("hold_now", "Write anything: it begins to keep requests")
  mutating func holdNow(_ text: borrowing CString) throws(Errno) {
    holding?.value.arm()
  }

  @Command("hold_end", "Write anything: that disk goes away")
  mutating func endHolding(_ text: borrowing CString) throws(Errno) { holding?.value.end() }

  @Command("hold_change", "Write anything: its tag set has one hardware queue")
  mutating func changeHolding(_ text: borrowing CString) throws(Errno) {
    try holding?.value.change()
  }

  @Command("hold_again", "Write anything: another disk of its tag set")
  mutating func holdAgain(_ text: borrowing CString) throws(Errno) { try holding?.value.again() }

  @Command("hold_forget", "Write anything: its tag set ends")
  mutating func forgetHolding(_ text: borrowing CString) throws(Errno) { holding = nil }

  @Command(
    "race",
    "Write a number: disks that are made and ended while the number of hardware queues changes")
  mutating func race(_ text: borrowing CString) throws(Errno) {
    try Racing.run(disks: text.integer())
  }

  @Report(
    "races",
    "How often the number changed, how often that was refused, and how often within a disk's end")
  func races(_ writer: inout TextWriter) { Racing.report(&writer) }

  @Command("budget", "Write 1: a disk whose budgets come back slowly; 0: it ends while one does")
  mutating func budget(_ text: borrowing CString) throws(Errno) {
    if try text.integer() == 1 {
      budgets = try Budgets()
    } else {
      budgets?.end()
      budgets = nil
    }
  }

  @Command("fail", "Write 1: the disks whose data cannot always be made; 0: they end")
  mutating func fail(_ text: borrowing CString) throws(Errno) {
    failing = nil
    if try text.integer() == 1 { failing = try HeapBox(Failing(), .kernel) }
  }

  @Command(
    "fail_queue",
    "Write a number: this and the next call for a hardware queue's data fail; all from it on if negative"
  )
  mutating func failQueue(_ text: borrowing CString) throws(Errno) {
    FailingRoom.queues.set(try text.integer())
  }

  @Command(
    "fail_request",
    "Write a number: this and the next call for a request's data fail; all from it on if negative")
  mutating func failRequest(_ text: borrowing CString) throws(Errno) {
    FailingRoom.requests.set(try text.integer())
  }

  @Command("fail_change", "Write the number of hardware queues of these disks")
  mutating func failChange(_ text: borrowing CString) throws(Errno) {
    try failing?.value.change(to: text.integer())
  }

  @Report("failures", "Whether no call has failed yet, and how much data there is")
  borrowing func failures(_ writer: inout TextWriter) { Failing.report(&writer) }

  @Report("budgets", "How many budgets came back, and how many to a driver that ended meanwhile")
  borrowing func returnedBudgets(_ writer: inout TextWriter) {
    writer.append(BudgetDevice.returned.load(ordering: .relaxed))
    writer.append(" returned, ")
    writer.append(BudgetDevice.returnedLate.load(ordering: .relaxed))
    writer.append(" late")
  }

  @Report("rooms", "How many rooms for requests were made, have ended, and have ended too early")
  borrowing func rooms(_ writer: inout TextWriter) {
    writer.append(Room.made.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(Room.ended.load(ordering: .relaxed))
    writer.append(" ")
    writer.append(QueueRoom.endedEarly.load(ordering: .relaxed))
  }

  @Report("counts", "For each disk: requests offered, carried out, failed, refused")
  borrowing func report(_ writer: inout TextWriter) {
    disks.forEach { disk in disk.driver.report(&writer) }
  }
}

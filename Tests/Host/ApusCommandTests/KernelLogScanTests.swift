// SPDX-License-Identifier: GPL-2.0-only
// Tests of what counts as an offence in a kernel's log, on lines that kernels really print.

import Foundation
import Testing

@testable import ApusSupport

@Suite struct KernelLogScanTests {
  @Test(
    "each pattern is a regular expression",
    arguments: KernelLogPattern.offences + KernelLogPattern.harmless)
  func patternsCompile(pattern: KernelLogPattern) throws {
    _ = try NSRegularExpression(pattern: pattern.expression)
  }

  @Test(
    "an offence is seen",
    arguments: [
      "[    4.1] BUG: kernel NULL pointer dereference, address: 0000000000000008",
      "[    4.1] kernel BUG at mm/slub.c:447!",
      "[    4.1] BUG: KASAN: slab-use-after-free in null_map+0x1d/0x40 [apus_null]",
      "[    4.1] BUG: sleeping function called from invalid context at include/linux/sched/mm.h:274",
      "[    4.1] BUG: scheduling while atomic: fio/211/0x00000002",
      "[    4.1] BUG: Bad page state in process rmmod  pfn:12345",
      "[    4.1] WARNING: CPU: 1 PID: 214 at block/blk-mq.c:774 blk_mq_start_request+0x131/0x160",
      "[    4.1] WARNING: possible circular locking dependency detected",
      "[    4.1] WARNING: possible recursive locking detected",
      "[    4.1] WARNING: inconsistent lock state",
      "[    4.1] WARNING: suspicious RCU usage",
      "[    4.1] INFO: task fio:212 blocked for more than 60 seconds.",
      "[    4.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
      "[    4.1] rcu: INFO: rcu_sched self-detected stall on CPU",
      "[    4.1] watchdog: BUG: soft lockup - CPU#0 stuck for 45s! [fio:212]",
      "[    4.1] Kernel panic - not syncing: Fatal exception",
      "[    4.1] Oops: 0000 [#1] PREEMPT SMP NOPTI",
      "[    4.1] general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1]",
      "[    4.1] UBSAN: array-index-out-of-bounds in drivers/block/x.c:12:3",
      "[    4.1] refcount_t: underflow; use-after-free.",
      "[    4.1] list_del corruption. prev->next should be ffff888100, but was ffff888200",
      "[    4.1] ODEBUG: free active (active state 0) object type: timer_list hint: tick+0x0/0x10",
      "[    4.1] BUG kmalloc-64 (Tainted: G           O      ): Poison overwritten",
      "[    4.1] Object 0xffff888003a2c000 @offset=0 is not allocated",
      "[    4.1] Left Redzone 0xffff888003a2c000: cc cc cc cc",
      "[    4.1] BUG apus_null (Not tainted): Objects remaining in apus_null on __kmem_cache_shutdown()",
      "[    4.1] Trying to vfree() bad address (00000000a1b2c3d4)",
      "[    4.1] unreferenced object 0xffff8881034a0000 (size 64):",
      "[    4.1] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
      "[    4.1] device-mapper: bufio: leaked buffer 5, hold count 1, list 0",
      "[    4.1] Unable to handle kernel paging request at virtual address ffff800080000000",
      "[    4.1] Call Trace:",
    ])
  func offence(line: String) {
    #expect(KernelLogScan(log: line).offences == [0])
  }

  @Test(
    "an ordinary line is none",
    arguments: [
      "[    4.1] apus_null: loading out-of-tree module taints kernel.",
      "[    4.1] apus_null: module verification failed: signature and/or required key missing - tainting kernel",
      "[    0.0] Command line: console=ttyS0 rcupdate.rcu_cpu_stall_timeout=60 oops=panic BUG=1",
      "[    0.0] Kernel command line: console=ttyS0 rcupdate.rcu_cpu_stall_timeout=60 oops=panic",
      "[    0.9] AMD-Vi: AMD IOMMUv2 functionality not available on this system - This is not a bug.",
      "[    0.1] DEBUG: nothing", "[    0.1] debugfs: Directory 'x' with parent 'y'",
      "[    0.1] kasan: KernelAddressSanitizer initialized (generic)",
      "[    0.1] kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)-0x(____ptrval____)",
      "[    0.1] Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
      "[    0.1] rcu: \tRCU CPU stall warnings timeout set to 60 (rcu_cpu_stall_timeout).",
      "[    0.7] PCI: Using host bridge windows from ACPI; if necessary, use \"pci=nocrs\" and report a bug",
      "[    0.1] rcu: Preemptible hierarchical RCU implementation.",
      "[    0.1] kmemleak: Kernel memory leak detector initialized (mem pool available: 15869)",
      "[    0.1] EXT4-fs (vda): mounted filesystem d72c11bc-2848-424e-ae63-066060a286ff r/w without journal. Quota mode: none.",
    ])
  func harmless(line: String) {
    #expect(KernelLogScan(log: line).isClean)
  }

  @Test("an announced offence is expected, with the rest of its report")
  func expected() {
    let scan = KernelLogScan(
      log: """
        [    3.0] apus-expect: WARNING: CPU.*apus_null
        [    3.1] ------------[ cut here ]------------
        [    3.1] WARNING: CPU: 0 PID: 5 at apus_null.swift:10 queue+0x1/0x2 [apus_null]
        [    3.1] Call Trace:
        [    3.1]  <TASK>
        [    3.1] ---[ end trace 0000000000000000 ]---
        """)
    #expect(scan.isClean)
  }

  @Test("what follows the end of an expected report is an offence")
  func afterExpected() {
    let scan = KernelLogScan(
      log: """
        [    3.0] apus-expect: WARNING: CPU.*apus_null
        [    3.1] WARNING: CPU: 0 PID: 5 at apus_null.swift:10 queue+0x1/0x2 [apus_null]
        [    3.1] Call Trace:
        [    3.1] ---[ end trace 0000000000000000 ]---
        [    3.2] Call Trace:
        """)
    #expect(scan.offences == [4])
  }

  @Test("another offence inside an expected report is an offence")
  func otherInsideExpected() {
    let scan = KernelLogScan(
      log: """
        [    3.0] apus-expect: WARNING: CPU
        [    3.1] WARNING: CPU: 0 PID: 5 at x.c:10 queue+0x1/0x2
        [    3.1] Call Trace:
        [    3.1] BUG: KASAN: slab-use-after-free in y
        """)
    #expect(scan.offences == [3])
  }

  @Test("an offence before its announcement is an offence")
  func tooEarly() {
    let scan = KernelLogScan(
      log: "[ 1.0] WARNING: CPU: 0\n[ 2.0] apus-expect: WARNING: CPU\n[ 3.0] WARNING: CPU: 1\n")
    #expect(scan.offences == [0])
    #expect(scan.unmet.isEmpty)
  }

  @Test("an announced offence that does not come is one")
  func unmet() {
    let scan = KernelLogScan(log: "[ 2.0] apus-expect: WARNING: CPU\n[ 3.0] fine\n")
    #expect(scan.unmet == ["WARNING: CPU"])
    #expect(!scan.isClean)
    #expect(scan.excerpt().contains("never seen: WARNING: CPU"))
  }

  @Test("an announcement that is no regular expression is an offence")
  func badExpression() {
    #expect(!KernelLogScan(log: "[ 2.0] apus-expect: (\n").isClean)
  }

  @Test("lines that log and console both have count once, with carriage returns or not")
  func both() {
    let scan = KernelLogScan(
      log: "[ 1.0] a\n[ 2.0] BUG: b\n",
      console: "[ 1.0] a\r\n[ 2.0] BUG: b\r\n[ 3.0] WARNING: late\r\n")
    #expect(scan.lines.count == 3)
    #expect(scan.offences == [1, 2])
  }

  @Test("without a log the console is what is looked through")
  func consoleOnly() {
    #expect(
      KernelLogScan(log: nil, console: "[ 3.0] Kernel panic - not syncing: x\r\n").offences == [0])
  }

  /// What a kernel printed when `kernel.sched_schedstats` was switched, and the byte before the one
  /// it stopped at.
  private static func report(byte: String) -> String {
    """
    [    5.405978] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI
    [    5.406243] CPU: 1 UID: 0 PID: 197 Comm: cat Not tainted 6.12.95+deb12-amd64 #1  Debian 6.12.95-1~bpo12+1
    [    5.406331] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014
    [    5.406395] RIP: 0010:try_to_wake_up+0xdf/0x680
    [    5.406582] Code: 80 bf d1 00 00 00 00 0f 85 6b 03 00 00 8b 6b 14 \(byte) <8d> 01 00 00 b8 01 00 00 00 eb 97 0f 1f
    """
  }

  @Test("an int3 that is not in memory is the emulator's fault")
  func staleCode() {
    let scan = KernelLogScan(log: Self.report(byte: "e9"))
    #expect(scan.isOfStaleCode)
    #expect(!scan.isClean)
  }

  @Test(
    "an int3 that is in memory, one whose memory is unknown and any other stop are not",
    arguments: [
      report(byte: "cc"), report(byte: "RIP"),
      report(byte: "e9").replacingOccurrences(of: "<8d>", with: "8d"),
      report(byte: "e9").replacingOccurrences(of: "int3", with: "invalid opcode"),
      "[    5.405978] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI",
    ])
  func trueInt3(_ log: String) {
    #expect(!KernelLogScan(log: log).isOfStaleCode)
  }
}

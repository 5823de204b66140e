// SPDX-License-Identifier: GPL-2.0-only
// The settings of a virtual machine for one script. VirtualMachine+Boot.swift boots it.

/// The settings of one boot.
public struct VirtualMachine: Sendable {
  /// What the guest does.
  public enum Work: Sendable {
    /// Runs a script from the host and powers off.
    case script(path: String)
    /// Runs a shell on this command's terminal.
    case shell
  }

  /// The kernel's name.
  public var kernel: String
  /// What the guest does.
  public var work: Work
  /// Files and directories of the host that are copied into root's home.
  public var files: [String] = []
  /// The directory of the modules to install, or nil for `build/<kernel>`.
  public var modules: String?
  /// Whether `dropin/*.ko` in that directory replace the kernel's own modules.
  public var usesDropins = false
  /// Whether one guest instruction takes one guest nanosecond. The machine then has one CPU and
  /// never uses KVM.
  public var countsInstructions = false
  /// QEMU's name for the model of the emulated CPU, or nil for one with everything that QEMU's
  /// version emulates.
  public var model: String?
  /// The number of the guest's CPUs.
  public var cpus = 2
  /// The guest's memory in MiB.
  public var memory = 1024
  /// The longest time that the whole boot may take, in seconds in which the host lets QEMU run.
  public var timeout = Self.usualTimeout
  static let usualTimeout = 1200.0
  /// The longest time until the script's first line, in the same seconds.
  public var bootTimeout = 600.0
  /// The longest silence of a script and its console, in times of what the boot took; nil if only
  /// `timeout` limits the script. With it nothing depends on how fast the machine is.
  public var silence: Double?
  /// A silence shorter than this many seconds is no reason to end a script.
  static let leastSilence = 60.0
  /// Whether the kernel continues after an oops. A kernel that stops is the safer test.
  public var survivesOops = false

  /// Additional words for the kernel's command line.
  public var kernelWords: [String] = []

  /// A machine with the default settings.
  public init(kernel: String, work: Work) {
    self.kernel = kernel
    self.work = work
  }

  /// Applies the settings of a script's header.
  public mutating func apply(_ header: ScriptHeader) {
    if let memory = header.memory { self.memory = memory }
    if let cpus = header.cpus { self.cpus = cpus }
    if let model = header.model { self.model = model }
    if let timeout = header.timeout { self.timeout = Double(timeout) }
    if let silence = header.silence { self.silence = Double(silence) }
    usesDropins = usesDropins || header.usesDropins
    countsInstructions = countsInstructions || header.countsInstructions
    survivesOops = survivesOops || header.survivesOops
    kernelWords += header.kernelWords
  }

  /// The kernel's command line.
  var commandLine: String {
    var words = [
      "console=ttyS0,115200", "loglevel=7", "log_buf_len=4M", "panic=-1",
      // The initrd has no shell to fall back to, so a kernel that cannot start its init panics
      // immediately.
      "init=/init",
      // The kernel tests its timer against the time stamp counter. On a busy host that counter runs
      // ahead of an emulated timer.
      "no_timer_check",
      // The clocksource watchdog has the same problem. It would switch to an emulated counter while
      // a script runs, and patch the scheduler's clock while other CPUs execute it (see
      // `KernelLogScan.isOfStaleCode`).
      "tsc=reliable",
      // Under emulation on a busy host, the guest may stand still for some seconds. That is not a
      // fault of the guest; a longer stall is.
      "watchdog_thresh=20", "softlockup_panic=1", "nmi_watchdog=0",
      "rcupdate.rcu_cpu_stall_timeout=60",
    ]
    if !survivesOops { words.append("oops=panic") }
    if countsInstructions {
      // The guest's clock jumps while the guest waits for the host, so a task may appear to hang
      // for minutes of guest time.
      words += ["sysctl.kernel.hung_task_timeout_secs=0", "nokaslr"]
    } else {
      words += [
        "sysctl.kernel.hung_task_timeout_secs=60", "sysctl.kernel.hung_task_check_interval_secs=10",
        "sysctl.kernel.hung_task_panic=\(survivesOops ? 0 : 1)",
      ]
    }
    return (words + kernelWords).joined(separator: " ")
  }

  /// QEMU's arguments. The files of the boot are in `directory`.
  func arguments(_ images: KernelImages, _ accelerator: Accelerator, _ directory: String)
    -> [String]
  {
    var arguments = [
      "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-name", "apus-\(kernel)",
    ]
    arguments += accelerator.options(model: model)
    arguments += ["-m", "\(memory)", "-smp", "\(countsInstructions ? 1 : cpus)"]
    if countsInstructions {
      arguments += [
        "-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1",
      ]
    }
    arguments += [
      "-kernel", "\(images.directory)/vmlinuz", "-initrd", "\(directory)/initrd", "-append",
      commandLine,
    ]
    arguments += [
      "-chardev", "file,id=console,path=\(directory)/console.log", "-serial", "chardev:console",
    ]
    if case .shell = work {
      arguments += ["-chardev", "stdio,id=shell,signal=off", "-serial", "chardev:shell"]
    }
    arguments += ["-device", "virtio-serial-pci"]
    if case .script = work {
      // The output goes to QEMU's standard output. It is opened as a file, so QEMU writes
      // everything, whatever happens to standard input.
      arguments += [
        "-chardev", "file,id=output,path=/dev/fd/1", "-device",
        "virtserialport,chardev=output,name=apus.output",
        // The host writes to this pipe when the guest's time is nearly over.
        "-chardev", "pipe,id=watch,path=\(directory)/watch", "-device",
        "virtserialport,chardev=watch,name=apus.watch",
      ]
    }
    arguments += [
      "-chardev", "file,id=control,path=\(directory)/control", "-device",
      "virtserialport,chardev=control,name=apus.control",
    ]
    // The guest's writes go to a temporary file of QEMU, which is gone when QEMU ends. Without
    // indirect descriptors virtio_ring allocates nothing for a request. It would allocate them
    // with GFP_ATOMIC and without __GFP_NOWARN, so the log complained when memory was short.
    for (name, image) in [("root", images.root), ("modules", "\(images.directory)/modules.ext4")] {
      arguments += [
        "-drive", "if=none,id=\(name),file=\(image),format=raw,snapshot=on,cache=unsafe",
        "-device", "virtio-blk-pci,indirect_desc=off,drive=\(name)",
      ]
    }
    if !countsInstructions { arguments += ["-device", "virtio-rng-pci"] }
    return arguments
  }
}

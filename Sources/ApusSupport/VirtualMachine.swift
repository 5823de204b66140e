// SPDX-License-Identifier: GPL-2.0-only
// A virtual machine for one script: what it is made of. How it is booted stands in VirtualMachine+Boot.swift.

/// The settings of one boot.
public struct VirtualMachine: Sendable {
  /// What the guest does.
  public enum Work: Sendable {
    /// Runs a script of the host's and powers off.
    case script(path: String)
    /// Gives a shell on this command's terminal.
    case shell
  }

  /// The kernel's name.
  public var kernel: String
  public var work: Work
  /// Files and directories of the host that are copied into root's home.
  public var files: [String] = []
  /// The directory with the modules to install, or nil for `build/<kernel>`.
  public var modules: String?
  /// Whether `dropin/*.ko` there take the place of the kernel's own.
  public var usesDropins = false
  /// Whether a guest nanosecond is one guest instruction. There is then one CPU, and never KVM.
  public var countsInstructions = false
  public var cpus = 2
  /// The guest's memory in MiB.
  public var memory = 1024
  /// The longest the whole may take, in seconds of the host.
  public var timeout = Self.usualTimeout
  static let usualTimeout = 1200.0
  /// The longest it may take to the script's first line.
  public var bootTimeout = 600.0
  /// Whether the kernel goes on after an oops. A kernel that stops is the safer test.
  public var survivesOops = false

  /// Further words for the kernel's command line.
  public var kernelWords: [String] = []

  public init(kernel: String, work: Work) {
    self.kernel = kernel
    self.work = work
  }

  /// Takes over what a script's header says.
  public mutating func apply(_ header: ScriptHeader) {
    if let memory = header.memory { self.memory = memory }
    if let cpus = header.cpus { self.cpus = cpus }
    if let timeout = header.timeout { self.timeout = Double(timeout) }
    usesDropins = usesDropins || header.usesDropins
    countsInstructions = countsInstructions || header.countsInstructions
    survivesOops = survivesOops || header.survivesOops
    kernelWords += header.kernelWords
  }

  /// The kernel's command line.
  var commandLine: String {
    var words = [
      "console=ttyS0,115200", "loglevel=7", "log_buf_len=4M", "panic=-1",
      // Without a shell to fall back to, a kernel that cannot start its init panics at once.
      "init=/init",
      // The kernel tests its timer against the time stamp counter, which on a busy host runs ahead of an emulated timer.
      "no_timer_check",
      // The same of its watchdog, which would go over to an emulated counter in the midst of a script, and patch the scheduler's clock
      // for it while other CPUs run it (see `KernelLogScan.isOfStaleCode`).
      "tsc=reliable",
      // A stop of the guest's world on a busy host, under emulation, is not a fault of the guest; what lasts longer is.
      "watchdog_thresh=20", "softlockup_panic=1", "nmi_watchdog=0", "rcupdate.rcu_cpu_stall_timeout=60",
    ]
    if !survivesOops { words.append("oops=panic") }
    if countsInstructions {
      // While the guest waits for the host its clock leaps, so a task may seem to hang for minutes of guest time.
      words += ["sysctl.kernel.hung_task_timeout_secs=0", "nokaslr"]
    } else {
      words += [
        "sysctl.kernel.hung_task_timeout_secs=60", "sysctl.kernel.hung_task_check_interval_secs=10",
        "sysctl.kernel.hung_task_panic=\(survivesOops ? 0 : 1)",
      ]
    }
    return (words + kernelWords).joined(separator: " ")
  }

  /// QEMU's arguments; the files of the boot are in `directory`.
  func arguments(_ images: KernelImages, _ accelerator: Accelerator, _ directory: String) -> [String] {
    var arguments = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-name", "apus-\(kernel)"]
    arguments += accelerator.options
    arguments += ["-m", "\(memory)", "-smp", "\(countsInstructions ? 1 : cpus)"]
    if countsInstructions {
      arguments += ["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]
    }
    arguments += ["-kernel", "\(images.directory)/vmlinuz", "-initrd", "\(directory)/initrd", "-append", commandLine]
    arguments += ["-chardev", "file,id=console,path=\(directory)/console.log", "-serial", "chardev:console"]
    if case .shell = work { arguments += ["-chardev", "stdio,id=shell,signal=off", "-serial", "chardev:shell"] }
    arguments += ["-device", "virtio-serial-pci"]
    if case .script = work {
      // QEMU's own standard output. As a file it takes all that comes, whatever becomes of standard input.
      arguments += [
        "-chardev", "file,id=output,path=/dev/fd/1", "-device", "virtserialport,chardev=output,name=apus.output",
      ]
    }
    arguments += [
      "-chardev", "file,id=control,path=\(directory)/control", "-device",
      "virtserialport,chardev=control,name=apus.control",
    ]
    // What the guest writes goes into a temporary file of QEMU's and is gone with it.
    for (name, image) in [("root", images.root), ("modules", "\(images.directory)/modules.ext4")] {
      arguments += [
        "-drive", "if=none,id=\(name),file=\(image),format=raw,snapshot=on,cache=unsafe",
        "-device", "virtio-blk-pci,drive=\(name)",
      ]
    }
    if !countsInstructions { arguments += ["-device", "virtio-rng-pci"] }
    return arguments
  }
}

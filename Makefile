# SPDX-License-Identifier: GPL-2.0-only
# The commands of Apus; `make help` lists them.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

root := $(CURDIR)
cache := $(or $(APUS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/apus)
kernels := $(shell sed -n 's/^\([0-9a-z][^ ]*\) .*/\1/p' kbuild/kernels)
jobs := $(shell nproc)
SWIFTC ?= swiftc
swift-host = $(dir $(realpath $(shell command -v $(SWIFTC))))../lib/swift/host
apus := .build/debug/apus

# The kernel for commands that take one. `make test` uses all kernels unless KERNEL is given.
kernel := $(or $(KERNEL),6.12)
# KDIR=/path/to/headers builds for any prepared kernel, in a directory with its release's name.
ifdef KDIR
kdir := $(abspath $(KDIR))
kernel := $(shell kbuild/release $(kdir))
else
kdir = $(cache)/kernels/$(kernel)/headers
endif
build = $(root)/build/$(kernel)
# The shell reads the version of the kernel's package, after `fetch`.
kernel-version = $(if $(KDIR),$(kernel),$$(cat $(cache)/kernels/$(kernel)/version))
libraries := Kernel Block BlockMQ DeviceMapper Zpool
# What the compilation of a module runs.
host-programs := build/host/libKernelMacros.so build/host/gate-source build/host/edit-ir
kbuild = $(MAKE) -C $(kdir) -j$(jobs) objtool=$(root)/kbuild/objtool CONFIG_DEBUG_INFO_BTF_MODULES= SWIFTC=$(SWIFTC)
vm = $(apus) vm --kernel $(kernel) $(addprefix --file ,$(FILES)) $(if $(DROPIN),--dropin) $(if $(ICOUNT),--icount) \
	$(if $(CPUS),--cpus $(CPUS)) $(if $(MEMORY),--memory $(MEMORY)) $(if $(TIMEOUT),--timeout $(TIMEOUT))

.PHONY: help
help:
	@sed -n 's/^\#\# //p' Makefile

## make run                                    set up, build five drivers, boot a 6.12 VM, show them at work
# Only what is shown is built, in a directory of its own, with the libraries of build/6.12.
shown := apus_null apus_linear apus_striped apus_dust apus_zblock
.PHONY: run
run: tools
	@kbuild/progress "The drivers that are shown" $(MAKE) shown-modules KERNEL=6.12
	@$(apus) run --modules $(root)/build/shown

.PHONY: shown-modules
shown-modules: libraries
	@kbuild/build-folder build/shown "$(kernel-version)" "$(addprefix $(root)/Drivers/,$(shown))" $(build)/swift
	@+$(kbuild) M=$(root)/build/shown APUS_DROPINS=none modules
	@kbuild/gate-all $(kdir) $(root)/build/shown

## make test [KERNEL=6.1] [SUITE=host|misuse|codegen|vm|bench|debug|all]
##                                             every suite on 6.12, and on the others what differs there; all:
##                                             everything on every kernel; debug: when asked
.PHONY: test
test: tools
	@set -e; for kernel in $(or $(KERNEL),$(if $(filter debug,$(SUITE)),debug,$(filter-out debug,$(kernels)))); do \
		kbuild/progress "The modules for $$kernel" $(MAKE) modules KERNEL=$$kernel; done
	@$(apus) test $(addprefix --kernel ,$(KERNEL)) $(if $(filter all,$(SUITE)),--everywhere) \
		$(addprefix --suite ,$(filter-out all,$(SUITE)))

## make modules [KERNEL=6.12 | KDIR=/path] [DRIVERS="folder …"]     build/<kernel>/*.ko, with drivers from elsewhere
.PHONY: modules
modules: setup $(if $(KDIR),,fetch) $(host-programs)
	@kbuild/build-folder $(build) "$(kernel-version)"
	@+$(kbuild) M=$(build) APUS_DRIVERS="$(abspath $(DRIVERS))" modules
	@kbuild/editor $(build)/swift $(abspath $(wildcard Drivers/*) $(DRIVERS))
	@kbuild/gate-all $(kdir) $(build)
	@$(if $(filter $(filter-out debug,$(kernels)),$(kernel)),kbuild/build-peers $(kernel) $(build)/peers)
	@$(if $(filter $(filter-out debug,$(kernels)),$(kernel)),kbuild/build-generator $(kdir) $(build)/bench)

## make vm [KERNEL=6.12] SCRIPT=file [FILES="a b"] [DROPIN=1] [ICOUNT=1] [CPUS=2] [MEMORY=MiB] [TIMEOUT=seconds]
##                                             run a script as root in a VM; its status is make's
# make itself exits with 2 for every failed recipe, so the function exit-with (kbuild/exit.c) makes
# it exit with the script's status. Only this command compiles and loads it.
ifneq ($(filter vm,$(MAKECMDGOALS)),)
-load build/host/exit.so
endif
status-file := build/.vm-status-$(shell echo $$PPID)
.PHONY: vm vm-run
vm: vm-run
	@:$(foreach status,$(shell cat $(status-file); rm -f $(status-file)),$(exit-with $(status)))
	@exit 1
vm-run: tools modules
	@test -n "$(SCRIPT)" || { echo 'make vm: SCRIPT=file is missing' >&2; exit 1; }
	@status=0; $(vm) --script $(SCRIPT) || status=$$?; echo $$status > $(status-file)

## make shell [KERNEL=6.12]                    the same VM, interactive
.PHONY: shell
shell: tools modules
	@$(vm) --interactive

## make decode LOG=file                        a kernel's log, such as an oops, with files and lines
.PHONY: decode
decode: tools
	@test -n "$(LOG)" || { echo 'make decode: LOG=file is missing' >&2; exit 1; }
	@$(apus) decode $(if $(DRIVER),--modules $(driver-build)) $(LOG)

## make new NAME=my_disk KIND=disk|target|pool [AT=folder]
##                                             write a driver of your own into folder/NAME, outside of this tree
.PHONY: new
new: tools
	@$(apus) new $(if $(NAME),--name="$(NAME)") $(if $(KIND),--kind="$(KIND)") --at="$(or $(AT),..)"

## make bench [KERNEL=6.12] [COMPARE=old.json] [RECORD=1]
##                                             what C and Swift cost, in instructions; build/bench/report.html
.PHONY: bench
bench: tools modules
	@$(apus) bench --kernel $(kernel) $(addprefix --compare ,$(COMPARE)) $(if $(RECORD),--record)

## make lint, make format                      the formatter, shellcheck and the checks of this design; mend the formatting
.PHONY: lint format
lint:
	@kbuild/setup --lint
	@kbuild/lint
format:
	@git ls-files '*.swift' | grep -vE '^Tests/(Gates/offenders|Misuse|Codegen|Host/Macros)/' | xargs swift-format format -i

## sudo make install [KERNELVER=…] [KEYS=folder] [INITRAMFS=1]
##                                             the drivers' modules, for the running kernel or another one
## sudo make uninstall [KERNELVER=…]           take them back, from every kernel or one
## sudo make keys [KEYS=folder]                a key that signs them, and how to enrol it for Secure Boot
.PHONY: install uninstall keys
install:
	@kbuild/install
uninstall:
	@kbuild/install --remove
keys:
	@kbuild/keys

## make dkms                                   build/dkms/apus-VERSION, the source from which DKMS builds the drivers
.PHONY: dkms
dkms: preflight
	@tree=$$(SWIFTC=$(SWIFTC) kbuild/dkms-tree build/dkms) && echo "apus: wrote $$tree; next: sudo dkms add $$tree" && \
		echo "apus: and sudo dkms install $$(basename $$tree | tr - /)"

## make deb [KERNEL=6.12 | KDIR=/path] [KEYS=folder]
##                                             build/deb/*.deb, the modules of one kernel, and the source for DKMS
.PHONY: deb
deb: modules
	@SWIFTC=$(SWIFTC) kbuild/deb $(build) build/deb

## make doctor                                 what is there, and what is missing
.PHONY: doctor
doctor: preflight tools
	@$(apus) doctor

## make update [KERNEL=6.12]                   the newest kernel of each series; otherwise a fetched kernel stays
.PHONY: update
update: setup
	@set -e; for kernel in $(or $(KERNEL),$(filter-out debug,$(kernels))); do \
		kbuild/fetch-kernel --update $$kernel; done

## make clean                                  remove build/ and .build/ (downloads and kernels stay in the cache)
.PHONY: clean
clean:
	rm -rf build .build

# --- One driver outside of this tree (kbuild/driver.mk calls these) ---

# The libraries alone are built in this tree, by one command at a time. Only the folder DRIVER is
# compiled, gated and sent to the VM. A build that fails leaves no module, so that none is old.
driver-build = $(DRIVER)/build/$(kernel)
.PHONY: libraries driver driver-vm driver-shell
libraries: setup $(if $(KDIR),,fetch) $(host-programs)
	@kbuild/build-folder $(build) "$(kernel-version)"
	@+flock $(build)/.lock $(kbuild) M=$(build) $(addprefix swift/,$(addsuffix .o,$(libraries)))
driver: libraries
	@kbuild/build-folder $(driver-build) "$(kernel-version)" $(DRIVER) $(build)/swift
	@kbuild/editor $(build)/swift $(DRIVER)
	@+$(kbuild) M=$(driver-build) modules || { rm -f $(driver-build)/*.ko $(driver-build)/dropin/*.ko; false; }
	@kbuild/gate-all $(kdir) $(driver-build) $(if $(filter 0,$(TRAPS)),strict,lenient)
driver-vm: tools driver
	@$(vm) --modules $(driver-build) --script $(SCRIPT) --count-results
driver-shell: tools driver
	@$(vm) --modules $(driver-build) --interactive

# --- By DKMS (kbuild/dkms-build calls this) ---

# The drivers alone, with the number of traps of kbuild/traps. APUS_SETUP=check installs no package.
.PHONY: drivers
drivers: libraries
	@kbuild/build-folder build/drivers "$(kernel-version)" "$(wildcard $(root)/Drivers/*)" $(build)/swift
	@+$(kbuild) M=$(root)/build/drivers APUS_DROPINS=none modules
	@kbuild/gate-all $(kdir) $(root)/build/drivers

# --- What the commands depend on ---

.PHONY: preflight setup fetch tools
# One sentence for each thing that keeps a build from working here.
preflight:
	@SWIFTC=$(SWIFTC) kbuild/preflight $(DRIVER)
setup: preflight
	@kbuild/setup $(if $(filter check,$(APUS_SETUP)),--modules --check)
fetch:
	@kbuild/fetch-kernel $(kernel)

# The `apus` command. swift build determines what is out of date.
tools: setup
	@kbuild/progress --quiet "The command apus" swift build --product apus || { \
		test "$$(ls .build/checkouts 2> /dev/null | wc -l)" -ge "$$(grep -c '"identity"' Package.resolved)" || \
		echo 'apus: the packages that the command uses are fetched once, and are not all there: is there a network?' >&2; \
		false; }

# The macros, compiled against the toolchain's own SwiftSyntax.
build/host/libKernelMacros.so: $(wildcard Sources/KernelMacros/*.swift)
	@mkdir -p $(@D)
	@echo "  SWIFTC  KernelMacros"
	@$(SWIFTC) -emit-library -parse-as-library -O -swift-version 6 -module-name KernelMacros -o $@ \
		-I $(swift-host) -L $(swift-host) -Xlinker -rpath -Xlinker $(swift-host) \
		-lSwiftSyntax -lSwiftSyntaxMacros -lSwiftSyntaxBuilder -lSwiftDiagnostics \
		-lSwiftIfConfig $^

build/host/gate-source: kbuild/GateSource.swift Sources/KernelMacros/Operations.swift
	@echo "  SWIFTC  gate-source"
	@kbuild/gate-source

build/host/edit-ir: $(wildcard Sources/IREditor/*.swift)
	@echo "  SWIFTC  edit-ir"
	@kbuild/edit-ir

build/host/exit.so: kbuild/exit.c
	@SWIFTC=$(SWIFTC) kbuild/preflight
	@kbuild/setup
	@mkdir -p $(@D)
	@gcc -Wall -Wextra -O2 -shared -fPIC -o $@ $<

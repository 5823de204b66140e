# SPDX-License-Identifier: GPL-2.0-only
# The commands in the folder of a driver outside of this tree. Its Makefile sets APUS, the path of
# this tree, and includes this file. The folder's name is the module's name.

$(if $(word 2,$(CURDIR)),$(error $(CURDIR): there is a space in the path of this folder; Kbuild cannot build there))
MAKEFLAGS += --no-print-directory
KERNEL ?= 6.12
SCRIPT ?= test.sh
apus-make = $(MAKE) -C $(APUS) APUS=$(realpath $(APUS)) DRIVER=$(CURDIR) KERNEL=$(KERNEL) \
	$(if $(KDIR),KDIR=$(abspath $(KDIR))) TRAPS=$(TRAPS)

## make [KERNEL=6.1 | KDIR=/path]              build/<kernel>/NAME.ko
.PHONY: driver
driver:
	@+$(apus-make) driver

## make vm [KERNEL=6.1] [SCRIPT=test.sh] [FILES="a b"] [DROPIN=1] [ICOUNT=1] [CPUS=2] [MEMORY=MiB] [TIMEOUT=seconds]
##                                             build, run the test script in a VM, and count its results
.PHONY: vm
vm:
	@+$(apus-make) driver-vm SCRIPT=$(abspath $(SCRIPT)) FILES="$(abspath $(FILES))"

## make shell [KERNEL=6.1]                     the same VM, interactive
.PHONY: shell
shell:
	@+$(apus-make) driver-shell

## make decode LOG=file [KERNEL=6.1]           a kernel's log, such as an oops, with files and lines
.PHONY: decode
decode:
	@+$(apus-make) decode LOG=$(abspath $(LOG))

## sudo make install [KERNELVER=…] [KEYS=folder] [INITRAMFS=1]
##                                             the module, for the running kernel (first: make KDIR=/lib/modules/$(uname -r)/build)
## sudo make uninstall [KERNELVER=…]           take it back, from every kernel or one
.PHONY: install uninstall
install:
	@$(APUS)/kbuild/install $(CURDIR)
uninstall:
	@$(APUS)/kbuild/install --remove $(CURDIR)

## make clean                                  remove build/
.PHONY: clean
clean:
	rm -rf build

## make help                                   this list
.PHONY: help
help:
	@sed -n 's/^## //p' $(APUS)/kbuild/driver.mk

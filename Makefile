# SPDX-License-Identifier: GPL-2.0-only
# The commands of Apus. `make help` lists them.

KERNEL ?= 6.12
SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

root := $(CURDIR)
cache := $(or $(APUS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/apus)
kernels := $(shell sed -n 's/^\([0-9a-z][^ ]*\) .*/\1/p' kbuild/kernels)
jobs := $(shell nproc)
SWIFTC ?= swiftc
swift-host := $(dir $(realpath $(shell command -v $(SWIFTC))))../lib/swift/host

# KDIR=/path/to/headers builds for any prepared kernel, under its release's name.
ifdef KDIR
kdir := $(abspath $(KDIR))
kernel := $(shell kbuild/release $(kdir))
else
kdir = $(cache)/kernels/$(KERNEL)/headers
kernel := $(KERNEL)
endif
build := $(root)/build/$(kernel)

.PHONY: help
help:
	@awk '/^## / { sub(/^## /, ""); print }' Makefile

# --- The build ---

## make modules [KERNEL=6.12 | KDIR=/path/to/headers]   build/<kernel>/*.ko
.PHONY: modules
modules: setup $(if $(KDIR),,fetch) build/host/libKernelMacros.so build/host/gate-source
	@mkdir -p $(build)
	@printf 'APUS := $(root)\ninclude $$(APUS)/kbuild/Kbuild\n' | cmp -s - $(build)/Kbuild || \
		printf 'APUS := $(root)\ninclude $$(APUS)/kbuild/Kbuild\n' > $(build)/Kbuild
	@$(MAKE) -C $(kdir) M=$(build) -j$(jobs) objtool=$(root)/kbuild/objtool CONFIG_DEBUG_INFO_BTF_MODULES= \
		SWIFTC=$(SWIFTC) modules
	@kbuild/gate-all $(kdir) $(build)

# The macros, compiled against the toolchain's own SwiftSyntax.
build/host/libKernelMacros.so: $(wildcard Sources/KernelMacros/*.swift)
	@mkdir -p $(@D)
	@echo "  SWIFTC  KernelMacros"
	@$(SWIFTC) -emit-library -parse-as-library -O -swift-version 6 -module-name KernelMacros -o $@ \
		-I $(swift-host) -L $(swift-host) -Xlinker -rpath -Xlinker $(swift-host) \
		-lSwiftSyntax -lSwiftSyntaxMacros -lSwiftSyntaxBuilder -lSwiftDiagnostics $^

build/host/gate-source: kbuild/GateSource.swift
	@echo "  SWIFTC  gate-source"
	@kbuild/gate-source

.PHONY: setup fetch
setup:
	@kbuild/setup
fetch:
	@kbuild/fetch-kernel $(KERNEL)

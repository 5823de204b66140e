# SPDX-License-Identifier: GPL-2.0-only
# All compiler flags for kernel code. Only Kbuild includes this file, so CONFIG_… and LINUXINCLUDE
# are known. Other users of the flags read the response file that Kbuild makes from them.

# --- The language ---
apus-swift-flags := -target x86_64-unknown-none-elf
apus-swift-flags += -parse-as-library
apus-swift-flags += -wmo
apus-swift-flags += -Osize
apus-swift-flags += -g
apus-swift-flags += -swift-version 6
# Unsafe code must be marked, and a warning is an error.
apus-swift-flags += -strict-memory-safety
apus-swift-flags += -warnings-as-errors
apus-swift-flags += -enable-upcoming-feature InternalImportsByDefault
apus-swift-flags += $(foreach feature,Embedded Extern Lifetimes AddressableTypes SuppressedAssociatedTypes,\
	-enable-experimental-feature $(feature))
# Only for the library modules (and the modules with planted bugs): the storage of locks, and
# declarations that the modules of this package share.
apus-library-flags := -enable-experimental-feature RawLayout
apus-library-flags += -enable-experimental-feature BuiltinModule
apus-library-flags += -package-name apus

# This pass of the optimiser ends a struct although its fields live on (hole H8 in
# Documentation/WhatTheCompilerLetsThrough.md).
apus-swift-flags += -Xllvm -sil-disable-pass=performance-constant-propagation

# --- Features that the kernel does not support ---
apus-swift-flags += -Xfrontend -disable-stack-protector
apus-swift-flags += -Xfrontend -no-allocations
apus-swift-flags += -Xfrontend -function-sections
apus-swift-flags += -Xfrontend -trap-function -Xfrontend apus_trap

# --- Code generation, with the flags that the kernel's Makefiles give gcc ---
apus-c-flags := -mno-red-zone -fno-pic -mcmodel=kernel -mno-sse -mno-sse2 -mno-mmx -msoft-float
apus-c-flags += -fno-asynchronous-unwind-tables -fno-strict-overflow -fno-strict-aliasing
apus-c-flags += -fno-delete-null-pointer-checks -fno-jump-tables -fshort-wchar -std=gnu11
apus-c-flags += -Wno-everything
# The flags above set these attributes on C functions. Swift functions need them as well.
apus-attributes := noredzone
# The same for attributes that are strings. They are added to the intermediate code, see below.
apus-string-attributes := "no-jump-tables"="true" "frame-pointer"="none"

# --- The mitigations of the kernel's configuration. Their names changed in 6.9. ---
ifneq ($(CONFIG_RETPOLINE)$(CONFIG_MITIGATION_RETPOLINE),)
apus-c-flags += -mretpoline-external-thunk
endif
ifneq ($(CONFIG_RETHUNK)$(CONFIG_MITIGATION_RETHUNK),)
apus-attributes += fn_ret_thunk_extern
endif
ifneq ($(CONFIG_SLS)$(CONFIG_MITIGATION_SLS),)
apus-c-flags += -mharden-sls=all
endif
ifdef CONFIG_X86_KERNEL_IBT
apus-c-flags += -fcf-protection=branch
else
apus-c-flags += -fcf-protection=none
endif
# A stack frame larger than the kernel's own limit is an error. The stack has 16 KiB and a guard of
# one page, and a large array would reach beyond the guard.
# With KASAN the limit is twice as large, because of the red zones between local variables.
apus-frame-limit := $(or $(CONFIG_FRAME_WARN),2048)
apus-string-attributes += "warn-stack-size"="$(if $(CONFIG_KASAN),$(shell expr 2 \* $(apus-frame-limit)),$(apus-frame-limit))"
ifdef CONFIG_CALL_PADDING
apus-string-attributes += "patchable-function-prefix"="$(CONFIG_FUNCTION_PADDING_BYTES)"
endif
# A call of __fentry__ at the start of each function, which ftrace patches. recordmcount records the
# calls; clang does not record them itself, unlike gcc.
ifdef CONFIG_DYNAMIC_FTRACE
apus-recordmcount := $(wildcard $(objtree)/scripts/recordmcount)
ifneq ($(apus-recordmcount),)
apus-string-attributes += "fentry-call"="true"
endif
endif
# The kernel's char is unsigned in 6.2 and later, and Kbuild's flags say so.
apus-c-flags += $(filter -funsigned-char,$(KBUILD_CFLAGS))

# --- KASAN, if the kernel has it: each memory access is checked (model: scripts/Makefile.kasan) ---
# Passes of clang insert the checks, and the passes are disabled below. So the checks are inserted
# in a separate step at -O0, which changes nothing else. Globals have no red zones: registering them
# requires constructors, and an access beyond a global does not compile. The string functions are
# called by their checked names, because the plain ones do not check if the kernel's own compiler is
# an older gcc.
ifdef CONFIG_KASAN_GENERIC
apus-c-flags += -D__SANITIZE_ADDRESS__
apus-string-attributes += sanitize_address
apus-sanitizer-flags := -target x86_64-unknown-none-elf -O0 -Wno-override-module
# clang's driver supports no sanitizer for a target without an operating system. The compiler behind
# it does.
apus-sanitizer-flags += -Xclang -fsanitize=kernel-address -Xclang -fsanitize-recover=kernel-address
apus-sanitizer-flags += $(foreach option,asan-mapping-offset=$(CONFIG_KASAN_SHADOW_OFFSET) \
	asan-instrumentation-with-call-threshold=$(if $(CONFIG_KASAN_INLINE),10000,0) asan-stack=$(if $(CONFIG_KASAN_STACK),1,0) \
	asan-globals=0 asan-constructor-kind=none asan-kernel-mem-intrinsic-prefix=1,-mllvm -$(option))
endif

# --- The paths of the headers ---
apus-c-flags += -nostdinc $(patsubst -I./%,-I$(CURDIR)/%,$(filter -I%,$(LINUXINCLUDE)))
apus-c-flags += -D__KERNEL__ -DMODULE -DCC_USING_FENTRY

apus-swift-flags += $(foreach flag,$(apus-c-flags),-Xcc $(flag))
apus-swift-flags += $(foreach attribute,$(apus-attributes),-Xllvm -force-attribute=$(attribute))

# --- From intermediate code to an object ---
# swiftc writes LLVM's intermediate code, and the toolchain's clang compiles that to an object,
# because some changes are possible only in the intermediate code. Sources/IREditor makes them, and
# lists them. The main one: a thrown error is passed in memory. Passed in a register (r12, which C
# preserves), it would produce frames that objtool cannot follow, and a module would have no
# reliable stack traces.
apus-ir-edits = $(APUS)/kbuild/edit-ir '$(strip $(apus-string-attributes))'
apus-object-flags := -target x86_64-unknown-none-elf -O2 -Xclang -disable-llvm-passes -Wno-override-module
apus-object-flags += -mcmodel=kernel -fno-pic -ffunction-sections -fdata-sections
apus-object-flags += -fno-asynchronous-unwind-tables
apus-object-flags += -Werror=frame-larger-than

# SPDX-License-Identifier: GPL-2.0-only
# Every compiler flag of the kernel's side, in one place. Included by Kbuild (so CONFIG_… and LINUXINCLUDE are
# known) and by nothing else; what needs the flags elsewhere reads the response file that Kbuild makes of them.

# --- The language ---
apus-swift-flags := -target x86_64-unknown-none-elf
apus-swift-flags += -parse-as-library
apus-swift-flags += -wmo
apus-swift-flags += -Osize
apus-swift-flags += -g
apus-swift-flags += -swift-version 6
# Unsafe code must say so, and a warning is an error.
apus-swift-flags += -strict-memory-safety
apus-swift-flags += -warnings-as-errors
apus-swift-flags += -enable-upcoming-feature InternalImportsByDefault
apus-swift-flags += $(foreach feature,Embedded Extern Lifetimes AddressableTypes SuppressedAssociatedTypes,\
	-enable-experimental-feature $(feature))
# Only the library modules (and the modules with bugs): cells of locks, and what is shared between modules of this package.
apus-library-flags := -enable-experimental-feature RawLayout
apus-library-flags += -enable-experimental-feature BuiltinModule
apus-library-flags += -package-name apus

# --- What the kernel has no place for ---
apus-swift-flags += -Xfrontend -disable-stack-protector
apus-swift-flags += -Xfrontend -no-allocations
apus-swift-flags += -Xfrontend -function-sections
apus-swift-flags += -Xfrontend -trap-function -Xfrontend apus_trap

# --- Code generation, as the kernel's own Makefiles ask gcc for it ---
apus-c-flags := -mno-red-zone -fno-pic -mcmodel=kernel -mno-sse -mno-sse2 -mno-mmx -msoft-float
apus-c-flags += -fno-asynchronous-unwind-tables -fno-strict-overflow -fno-strict-aliasing
apus-c-flags += -fno-delete-null-pointer-checks -fno-jump-tables -fshort-wchar -std=gnu11
apus-c-flags += -Wno-everything
# Swift's own functions take the attributes that clang gives C's from the flags above.
apus-attributes := noredzone
# The same for attributes that are strings: they are put into the intermediate code, see below.
apus-string-attributes := "no-jump-tables"="true" "frame-pointer"="none"

# --- The mitigations, as that kernel is configured. The names changed with 6.9. ---
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
# A frame larger than the kernel's own code may have is an error: the stack is 16 KiB, and its guard one page, which a
# large array would step over.
# (KASAN's red zones between local variables want as much again.)
apus-frame-limit := $(or $(CONFIG_FRAME_WARN),2048)
apus-string-attributes += "warn-stack-size"="$(if $(CONFIG_KASAN),$(shell expr 2 \* $(apus-frame-limit)),$(apus-frame-limit))"
ifdef CONFIG_CALL_PADDING
apus-string-attributes += "patchable-function-prefix"="$(CONFIG_FUNCTION_PADDING_BYTES)"
endif
# A call of __fentry__ at each function's start, which recordmcount records (clang, unlike gcc, leaves that to
# others) and ftrace patches.
ifdef CONFIG_DYNAMIC_FTRACE
apus-recordmcount := $(wildcard $(objtree)/scripts/recordmcount)
ifneq ($(apus-recordmcount),)
apus-string-attributes += "fentry-call"="true"
endif
endif
# The kernel's char is unsigned since 6.2; Kbuild knows.
apus-c-flags += $(filter -funsigned-char,$(KBUILD_CFLAGS))

# --- KASAN, where the kernel has it: every access to memory asks whether it may. scripts/Makefile.kasan is the model. ---
# Clang's passes put the questions in, and are switched off below; so they run in a step of their own, at -O0, where
# nothing else does anything. Globals get no red zones: registering those takes constructors, and what can reach
# beyond a global does not compile. The string functions are asked for by their checked names, because the plain ones do
# not check in a kernel whose own compiler is an older gcc.
ifdef CONFIG_KASAN_GENERIC
apus-c-flags += -D__SANITIZE_ADDRESS__
apus-string-attributes += sanitize_address
apus-sanitizer-flags := -target x86_64-unknown-none-elf -O0 -Wno-override-module
# (The driver knows no sanitizer for a target without a system; the compiler behind it does.)
apus-sanitizer-flags += -Xclang -fsanitize=kernel-address -Xclang -fsanitize-recover=kernel-address
apus-sanitizer-flags += $(foreach option,asan-mapping-offset=$(CONFIG_KASAN_SHADOW_OFFSET) \
	asan-instrumentation-with-call-threshold=$(if $(CONFIG_KASAN_INLINE),10000,0) asan-stack=$(if $(CONFIG_KASAN_STACK),1,0) \
	asan-globals=0 asan-constructor-kind=none asan-kernel-mem-intrinsic-prefix=1,-mllvm -$(option))
endif

# --- Where the headers are ---
apus-c-flags += -nostdinc $(patsubst -I./%,-I$(CURDIR)/%,$(filter -I%,$(LINUXINCLUDE)))
apus-c-flags += -D__KERNEL__ -DMODULE -DCC_USING_FENTRY

apus-swift-flags += $(foreach flag,$(apus-c-flags),-Xcc $(flag))
apus-swift-flags += $(foreach attribute,$(apus-attributes),-Xllvm -force-attribute=$(attribute))

# --- From intermediate code to an object ---
# swiftc writes LLVM's intermediate code, and the toolchain's clang makes the object of it, because some things can
# only be said there (ir.awk). Most of all that a thrown error travels through memory: in a register (r12, which C
# preserves) it makes frames that objtool cannot follow, so a module would have no reliable stack traces.
apus-ir-edits = awk -v attributes='$(strip $(apus-string-attributes))' -f $(APUS)/kbuild/ir.awk
apus-object-flags := -target x86_64-unknown-none-elf -O2 -Xclang -disable-llvm-passes -Wno-override-module
apus-object-flags += -mcmodel=kernel -fno-pic -ffunction-sections -fdata-sections
apus-object-flags += -fno-asynchronous-unwind-tables
apus-object-flags += -Werror=frame-larger-than

// SPDX-License-Identifier: GPL-2.0-only
// What every module in this test has beside its offence: .modinfo, an entry and an exit, and the trap function.

#define INFO(key, value) static const char info_##key[] __attribute__((section(".modinfo"), used)) = #key "=" value

#ifndef LICENSE
#define LICENSE "GPL"
#endif
INFO(license, LICENSE);
#ifndef WITHOUT_AUTHOR
INFO(author, "nobody");
#endif
#ifndef WITHOUT_DESCRIPTION
INFO(description, "a module for the test of the gates");
#endif
INFO(vermagic, RELEASE " SMP preempt mod_unload modversions ");

int offence(long value);
int init_module(void) { return offence(0); }
void cleanup_module(void) {}

// What the loader calls, through addresses in data.
void *entry[] __attribute__((section(".gnu.linkonce.this_module"))) = {init_module, cleanup_module};

__attribute__((noreturn, cold)) void apus_trap(void) { __builtin_trap(); }

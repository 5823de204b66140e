/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel configuration that the promises of the Swift types need. For other kernels no module
 * is built.
 */
#ifndef APUS_REQUIREMENTS_H
#define APUS_REQUIREMENTS_H

/*
 * Without it locks do nothing: a try to take a held lock succeeds, and one value would be borrowed
 * exclusively twice.
 */
#ifndef CONFIG_SMP
#error "Apus needs a kernel with CONFIG_SMP: without it a try of a spin lock that is held succeeds"
#endif

/*
 * Without it a reader that sleeps would see freed memory. (It implies CONFIG_PREEMPT_COUNT, so code
 * can tell whether it may sleep.)
 */
#ifndef CONFIG_PREEMPT_RCU
#error "Apus needs a kernel with CONFIG_PREEMPT_RCU (CONFIG_PREEMPT or CONFIG_PREEMPT_DYNAMIC): otherwise a reader under RCU that sleeps sees freed memory"
#endif

/*
 * With it spin locks sleep and leave interrupts enabled, and the handlers of timers run in threads.
 * The library is neither made nor tested for that.
 */
#ifdef CONFIG_PREEMPT_RT
#error "Apus is not made for kernels with CONFIG_PREEMPT_RT, whose spin locks sleep"
#endif

/* 64-bit words are read and written as a whole. */
#ifndef CONFIG_64BIT
#error "Apus needs a kernel of 64 bits"
#endif

#endif

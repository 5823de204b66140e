/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel must be configured with for the promises of the Swift types to hold: another one's modules are not built. */
#ifndef APUS_REQUIREMENTS_H
#define APUS_REQUIREMENTS_H

/* There a lock is none: trying to take it succeeds although it is taken, and one value would be lent exclusively twice. */
#ifndef CONFIG_SMP
#error "Apus needs a kernel with CONFIG_SMP: without it a try of a spin lock that is held succeeds"
#endif

/* There a reader that slept would see freed memory. (It implies CONFIG_PREEMPT_COUNT: code can tell whether it may sleep.) */
#ifndef CONFIG_PREEMPT_RCU
#error "Apus needs a kernel with CONFIG_PREEMPT_RCU (CONFIG_PREEMPT or CONFIG_PREEMPT_DYNAMIC): otherwise a reader under RCU that sleeps sees freed memory"
#endif

/* There spin locks sleep, and leave interrupts on; timers' handlers run in threads. Nothing here was made or tried for that. */
#ifdef CONFIG_PREEMPT_RT
#error "Apus is not made for kernels with CONFIG_PREEMPT_RT, whose spin locks sleep"
#endif

/* Words of 64 bits are read and written as a whole. */
#ifndef CONFIG_64BIT
#error "Apus needs a kernel of 64 bits"
#endif

#endif

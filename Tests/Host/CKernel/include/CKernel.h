/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel, as far as the host tests need it: constants, and stand-ins for the few functions that
 * the tested sources call. Sources/CKernel is the real one.
 */
#ifndef APUS_HOST_CKERNEL_H
#define APUS_HOST_CKERNEL_H

/* The same numbers as the kernel's own, from the same header. */
#include <asm-generic/errno.h>
#include <stdbool.h>
#include <string.h>

/* Those of x86-64. */
enum apus_page {
	APUS_PAGE_SHIFT = 12,
	APUS_MAX_ORDER = 10,
};

/* As kstrtoll(text, 0, result) is documented. */
int apus_parse_signed(const char *text, long long *result);
/* As kstrtoull(text, 0, result) is documented. */
int apus_parse_unsigned(const char *text, unsigned long long *result);
/* As kstrtobool(text, result) is documented. */
int apus_parse_bool(const char *text, bool *result);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/Kernel/Memory/Compressor.swift. */
#ifndef APUS_CRYPTO_H
#define APUS_CRYPTO_H

#include <linux/crypto.h>

/* Makes an algorithm's own state, or returns an error. May load the algorithm's module. */
static inline int apus_compressor_create(const char *name, void **result)
{
#if APUS_COMPAT_CRYPTO_COMP
	struct crypto_comp *compressor;

	apus_assert_may_sleep();
	compressor = crypto_alloc_comp(name, 0, 0);
	if (IS_ERR(compressor))
		return PTR_ERR(compressor);
	*result = compressor;
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static inline void apus_compressor_free(void *compressor)
{
#if APUS_COMPAT_CRYPTO_COMP
	crypto_free_comp(compressor);
#endif
}

static inline int apus_compress(void *compressor, const void *source, unsigned int length,
				void *destination, unsigned int *room)
{
#if APUS_COMPAT_CRYPTO_COMP
	return crypto_comp_compress(compressor, source, length, destination, room);
#else
	return -EOPNOTSUPP;
#endif
}

static inline int apus_decompress(void *compressor, const void *source, unsigned int length,
				  void *destination, unsigned int *room)
{
#if APUS_COMPAT_CRYPTO_COMP
	return crypto_comp_decompress(compressor, source, length, destination, room);
#else
	return -EOPNOTSUPP;
#endif
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Written after the documentation of kstrtoll, kstrtoull and kstrtobool (lib/kstrtox.c), not after
 * their code: one sign, then decimal, octal after 0, hexadecimal after 0x; one newline may end it;
 * -ERANGE for what does not fit, -EINVAL for what is no number.
 */
#include <limits.h>

#include "CKernel.h"

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return 99;
}

/* The digits behind a sign, up to a limit. */
static int parse(const char *text, unsigned long long limit, unsigned long long *result)
{
	bool is_too_large = false;
	unsigned long long value = 0;
	int base = 10, digits = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && digit(text[2]) < 16) {
		base = 16;
		text += 2;
	} else if (text[0] == '0') {
		base = 8;
	}
	for (; digit(*text) < base; text++, digits++) {
		unsigned long long next;

		if (__builtin_mul_overflow(value, (unsigned long long)base, &next) ||
		    __builtin_add_overflow(next, (unsigned long long)digit(*text), &value) ||
		    value > limit)
			is_too_large = true;
	}
	if (is_too_large)
		return -ERANGE;
	if (*text == '\n')
		text++;
	if (*text || !digits)
		return -EINVAL;
	*result = value;
	return 0;
}

int apus_parse_signed(const char *text, long long *result)
{
	bool is_negative = *text == '-';
	unsigned long long value;
	int error = parse(text + (is_negative || *text == '+'),
			  (unsigned long long)LLONG_MAX + is_negative, &value);

	if (!error)
		*result = is_negative ? (long long)(0 - value) : (long long)value;
	return error;
}

int apus_parse_unsigned(const char *text, unsigned long long *result)
{
	return parse(text + (*text == '+'), ULLONG_MAX, result);
}

int apus_parse_bool(const char *text, bool *result)
{
	switch (*text) {
	case 'y': case 'Y': case '1':
		*result = true;
		return 0;
	case 'n': case 'N': case '0':
		*result = false;
		return 0;
	case 'o': case 'O':
		if (text[1] == 'n' || text[1] == 'N' || text[1] == 'f' || text[1] == 'F') {
			*result = text[1] == 'n' || text[1] == 'N';
			return 0;
		}
	}
	return -EINVAL;
}

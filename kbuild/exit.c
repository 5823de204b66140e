// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function for GNU make: $(exit-with N) ends make with status N. For a failed recipe make itself
 * always exits with 2, but `make vm` returns the status of the guest's script.
 */
#include <gnumake.h>
#include <stdlib.h>

int plugin_is_GPL_compatible;

static char *exit_with(const char *name, unsigned int argc, char **argv)
{
	(void)name;
	if (argc == 1 && argv[0][0])
		exit(atoi(argv[0]));
	return NULL;
}

int exit_gmk_setup(void);
int exit_gmk_setup(void)
{
	gmk_add_function("exit-with", exit_with, 1, 1, GMK_FUNC_DEFAULT);
	return 1;
}

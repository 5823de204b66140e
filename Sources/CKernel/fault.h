/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection for kernels that have it, and stubs for others
 * (Sources/Kernel/Debugfs/FaultInjection.swift).
 */
#ifndef APUS_FAULT_H
#define APUS_FAULT_H

#include <linux/fault-inject.h>

/* The kernel's configuration. These are enumerators, because IS_ENABLED is a macro. */
enum apus_configured {
	APUS_HAS_ZONED_DEVICES = IS_ENABLED(CONFIG_BLK_DEV_ZONED),
	APUS_HAS_FAULT_INJECTION = IS_ENABLED(CONFIG_FAULT_INJECTION),
	APUS_HAS_FAULT_GROUPS = IS_ENABLED(CONFIG_FAULT_INJECTION_CONFIGFS),
	APUS_HAS_LOCKDEP = IS_ENABLED(CONFIG_LOCKDEP),
	APUS_RELEASE = APUS_RELEASE_CODE,
	APUS_HAS_DEBUG_FS = IS_ENABLED(CONFIG_DEBUG_FS),
};

#ifdef CONFIG_FAULT_INJECTION

/*
 * Safe except for its functions, as struct apus_spinlock is. It has the attribute, and, if the
 * kernel has such groups (6.4 and later), the configfs group that shows it.
 */
struct apus_fault {
#ifdef CONFIG_FAULT_INJECTION_CONFIGFS
	struct fault_config config;
#else
	struct {
		struct fault_attr attr;
	} config;
#endif
	/* Whether it is, or was, a group of an item. */
	unsigned int has_group;
} __attribute__((swift_attr("safe")));

static inline void apus_fault_init(struct apus_fault *fault)
{
	DECLARE_FAULT_ATTR(initial);

	memset(fault, 0, sizeof(*fault));
	fault->config.attr = initial;
}

/*
 * Returns 0, or -EINVAL if the text is not "interval,probability,space,times". setup_fault_attr
 * only reads the text.
 */
static inline int apus_fault_setup(struct apus_fault *fault, const char *text)
{
	if (!setup_fault_attr(&fault->config.attr, (char *)text))
		return -EINVAL;
	fault->config.attr.verbose = 0;
	return 0;
}

static inline bool apus_fault_should_fail(struct apus_fault *fault, long size)
{
	return should_fail(&fault->config.attr, size);
}

#else

/* A structure in Swift needs at least one field. */
struct apus_fault {
	unsigned int has_group;
};

static inline void apus_fault_init(struct apus_fault *fault)
{
	fault->has_group = 0;
}

static inline int apus_fault_setup(struct apus_fault *fault, const char *text)
{
	return 0;
}

static inline bool apus_fault_should_fail(struct apus_fault *fault, long size)
{
	return false;
}

#endif

#ifdef CONFIG_FAULT_INJECTION_CONFIGFS

/*
 * Adds the group to another one that is not linked yet. This succeeds only once. (Two subsystems
 * may call it concurrently: each has its own mutex, and an attribute may have an owner in both.)
 */
static inline int apus_fault_add_group(struct apus_fault *fault, struct apus_configfs *parent,
				       const char *name)
{
	if (xchg(&fault->has_group, 1))
		return -EBUSY;
	fault_config_init(&fault->config, name);
	if (!fault->config.group.cg_item.ci_name)
		return -ENOMEM;
	apus_configfs_add_group(parent, &fault->config.group);
	return 0;
}

/*
 * Puts the last reference, which frees the group's name. Another subsystem of configfs may have a
 * reference for a symbolic link that it is about to refuse.
 */
static inline void apus_fault_end(struct apus_fault *fault)
{
	struct config_item *item = &fault->config.group.cg_item;

	if (!fault->has_group)
		return;
	while (kref_read(&item->ci_kref) > 1)
		msleep(1);
	config_item_put(item);
}

#else

static inline int apus_fault_add_group(struct apus_fault *fault, struct apus_configfs *parent,
				       const char *name)
{
	return 0;
}

static inline void apus_fault_end(struct apus_fault *fault)
{
}

#endif

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glue of every module: its entry, exit and parameters, declared with the kernel's own macros.
 *
 * Kbuild compiles this file once for each module. APUS_RECORDS names the file of records that the
 * macro @KernelModule wrote (Sources/KernelMacros/KernelModuleMacro.swift): MODULE_… lines, and a
 * line for each parameter with its number.
 */
#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/version.h>

#include "compat.h"

/* @KernelModule writes these, in the driver's object. */
int apus_module_start(void);
void apus_module_stop(void);
int apus_parameter_set(unsigned int index, const char *text);
int apus_parameter_get(unsigned int index, char *buffer);

/*
 * The number of disks that were added and whose memory the block layer has not freed. The block
 * layer looks into a disk's operations until then, which is later than the put of the module by the
 * last close of the disk (blkdev_put).
 */
extern atomic_t apus_disks;
atomic_t apus_disks = ATOMIC_INIT(0);

static void apus_disk_freed(struct gendisk *disk)
{
	atomic_dec(&apus_disks);
}

extern const struct block_device_operations apus_block_device_operations;
const struct block_device_operations apus_block_device_operations = {
	.owner = THIS_MODULE,
	.free_disk = apus_disk_freed,
};

/*
 * The number of disks, subsystems, timers and the like that the kernel may call, or whose memory it
 * reads.
 */
extern atomic_t apus_registrations;
atomic_t apus_registrations = ATOMIC_INIT(0);

/* See configfs.h. */
extern atomic_t apus_configfs_groups, apus_configfs_roots;
atomic_t apus_configfs_groups = ATOMIC_INIT(0), apus_configfs_roots = ATOMIC_INIT(0);

/* The same structure as in core.h. */
struct apus_left_over {
	struct apus_left_over *next;
	int (*take_back)(struct apus_left_over *left, bool is_over);
};

/* Left-overs: see core.h. */
static struct apus_left_over *apus_left_overs;
static DEFINE_SPINLOCK(apus_left_overs_lock);

void apus_leave_over(struct apus_left_over *left);
void apus_leave_over(struct apus_left_over *left)
{
	unsigned long flags;

	spin_lock_irqsave(&apus_left_overs_lock, flags);
	left->next = apus_left_overs;
	apus_left_overs = left;
	spin_unlock_irqrestore(&apus_left_overs_lock, flags);
}

struct apus_left_over *apus_left_over_find(bool (*claim)(struct apus_left_over *left));
struct apus_left_over *apus_left_over_find(bool (*claim)(struct apus_left_over *left))
{
	struct apus_left_over *left;

	spin_lock_irq(&apus_left_overs_lock);
	for (left = apus_left_overs; left && !claim(left); left = left->next)
		;
	spin_unlock_irq(&apus_left_overs_lock);
	return left;
}

/*
 * Tries to take back each left-over, including those that are added meanwhile, such as by the end
 * of a configfs root. Returns whether the kernel uses none of them any more.
 */
static bool apus_take_back(bool is_over)
{
	struct apus_left_over *left, *kept = NULL;
	bool is_used = false;

	for (;;) {
		int result;

		spin_lock_irq(&apus_left_overs_lock);
		left = apus_left_overs;
		if (left)
			apus_left_overs = left->next;
		spin_unlock_irq(&apus_left_overs_lock);
		if (!left)
			break;
		result = left->take_back(left, is_over);
		if (!result)
			continue;
		is_used |= result == -EBUSY;
		left->next = kept;
		kept = left;
	}
	while ((left = kept)) {
		kept = left->next;
		apus_leave_over(left);
	}
	return !is_used;
}

/*
 * Held for reading by calls that look into the tag set of a queue whose driver has ended, and for
 * writing before a tag set is freed.
 */
extern struct rw_semaphore apus_quiescing;
DECLARE_RWSEM(apus_quiescing);

/*
 * Whether the module accepts commands: not before its start is complete, while modprobe's arguments
 * are read, and not after its stop has begun. Protected by the module's parameter lock.
 */
static bool apus_is_live;

static unsigned int apus_index(const struct kernel_param *kp)
{
	return (unsigned long)kp->arg;
}

static int __maybe_unused apus_set(const char *text, const struct kernel_param *kp)
{
	return apus_parameter_set(apus_index(kp), text);
}

static int __maybe_unused apus_get(char *buffer, const struct kernel_param *kp)
{
	return apus_parameter_get(apus_index(kp), buffer);
}

static int __maybe_unused apus_command(const char *text, const struct kernel_param *kp)
{
	if (!apus_is_live) {
		pr_err("%s: parameter %s: a command works only while the module is loaded\n",
		       KBUILD_MODNAME, kp->name);
		return -EINVAL;
	}
	return apus_parameter_set(apus_index(kp), text);
}

static int __maybe_unused apus_report(char *buffer, const struct kernel_param *kp)
{
	return apus_is_live ? apus_parameter_get(apus_index(kp), buffer) : -ENODEV;
}

static int __maybe_unused apus_refuse(const char *text, const struct kernel_param *kp)
{
	pr_err("%s: parameter %s: it can only be read\n", KBUILD_MODNAME, kp->name);
	return -EINVAL;
}

static const struct kernel_param_ops apus_ops __maybe_unused = { .set = apus_set, .get = apus_get };
static const struct kernel_param_ops apus_boolean_ops __maybe_unused = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG, .set = apus_set, .get = apus_get,
};
static const struct kernel_param_ops apus_command_ops __maybe_unused = { .set = apus_command };
static const struct kernel_param_ops apus_report_ops __maybe_unused = { .set = apus_refuse,
									.get = apus_report };

#define APUS_PARAMETER(index, name, help, ops, type, mode)			\
	module_param_cb(name, &ops, (void *)(unsigned long)index, mode);	\
	__MODULE_PARM_TYPE(name, type);						\
	MODULE_PARM_DESC(name, help);

#define APUS_INTEGER(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "long", 0444)
#define APUS_INTEGER_WRITABLE(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_ops, "long", 0644)
#define APUS_INT(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "int", 0444)
#define APUS_INT_WRITABLE(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_ops, "int", 0644)
#define APUS_UINT(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "uint", 0444)
#define APUS_UINT_WRITABLE(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_ops, "uint", 0644)
#define APUS_ULONG(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "ulong", 0444)
#define APUS_ULONG_WRITABLE(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_ops, "ulong", 0644)
#define APUS_BOOLEAN(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_boolean_ops, "bool", 0444)
#define APUS_BOOLEAN_WRITABLE(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_boolean_ops, "bool", 0644)
#define APUS_STRING(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "string", 0444)
#define APUS_COMMAND(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_command_ops, "command", 0200)
#define APUS_REPORT(index, name, help) \
	APUS_PARAMETER(index, name, help, apus_report_ops, "report", 0444)

#include APUS_RECORDS

static void apus_set_live(bool live)
{
	kernel_param_lock(THIS_MODULE);
	apus_is_live = live;
	kernel_param_unlock(THIS_MODULE);
}

/*
 * Every registration is a value that the module owns, so all of them have ended with the module.
 * The exception is a cycle of Shared values that own each other, which never end. The kernel would
 * then call code that has been freed. So this task stops here instead, and the module stays loaded.
 */
static void apus_check_end(void)
{
	unsigned int tries;
	int count;

	/* No root is left, so there are no new references to a group. */
	for (tries = 0; atomic_read(&apus_configfs_groups) && !atomic_read(&apus_configfs_roots);
	     tries++) {
		if (tries == 20)
			pr_warn("%s: the module's end waits for another subsystem of configfs, which uses a directory of it\n",
				KBUILD_MODNAME);
		msleep(50);
	}
	count = atomic_read(&apus_registrations);
	if (!count)
		return;
	pr_crit("%s: the module ends while %d of its disks, subsystems, timers, work items or threads do not: Shared values own each other in a circle\n",
		KBUILD_MODNAME, count);
	BUG();
}

/*
 * During the start, disks are added in such a way that the glue can wait for what the kernel still
 * does with them.
 */
extern bool apus_is_starting;
bool apus_is_starting = true;

/*
 * The module's memory is freed after this. The kernel's calls of the module's functions have
 * returned, except for the last instructions of functions that report this to the module (the end
 * of a bio that puts an in-flight reference). A task may have been preempted there. Only a grace
 * period of RCU tasks shows that no task is there any more.
 */
static void apus_leave_text(void)
{
	/*
	 * As a rule there are no such disks: what remains of a disk after its last put of the
	 * module takes a few instructions.
	 */
	while (atomic_read(&apus_disks))
		msleep(1);
	synchronize_rcu_tasks();
}

/*
 * If the start has failed, the kernel frees the module even if there are references to it: from a
 * program that has opened one of its disks or files, from a table with one of its targets, or from
 * a directory in configfs. The loader has the only other reference. After all left-overs are taken
 * back, there is no way to get a new one.
 *
 * The files that the start has closed are closed here, or by delayed work. Until then each holds a
 * reference.
 */
static void apus_wait_for_users(void)
{
	unsigned int tries;

	for (tries = 0; ; tries++) {
		flush_delayed_fput();
		if (apus_take_back(false) && module_refcount(THIS_MODULE) == 1)
			return;
		if (tries == 20)
			pr_warn("%s: its start failed, and it waits for those that still use its disks, files, targets or directories\n",
				KBUILD_MODNAME);
		msleep(50);
	}
}

static int __init apus_module_init(void)
{
	int result = apus_module_start();

	if (!result) {
		WRITE_ONCE(apus_is_starting, false);
		apus_set_live(true);
		/* Otherwise the files with which partitions were scanned would delay rmmod. */
		flush_delayed_fput();
		return 0;
	}
	apus_wait_for_users();
	apus_take_back(true);
	apus_check_end();
	apus_leave_text();
	return result;
}

static void __exit apus_module_exit(void)
{
	/*
	 * sysfs still has the parameters. The last command ends before this returns, and no other
	 * begins.
	 */
	apus_set_live(false);
	apus_module_stop();
	apus_take_back(true);
	apus_check_end();
	apus_leave_text();
}

module_init(apus_module_init);
module_exit(apus_module_exit);

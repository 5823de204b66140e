// SPDX-License-Identifier: GPL-2.0-only
/*
 * The glue of every module: entry, exit and parameters, as the kernel's own macros make them.
 *
 * Kbuild compiles it once for each module, with APUS_RECORDS naming the file of records that the macro
 * @KernelModule wrote (Sources/KernelMacros/KernelModuleMacro.swift): MODULE_… lines, and a line for each
 * parameter with its number.
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
#include <linux/version.h>

#include "compat.h"

/* Written by @KernelModule, in the driver's object. */
int apus_module_start(void);
void apus_module_stop(void);
int apus_parameter_set(unsigned int index, const char *text);
int apus_parameter_get(unsigned int index, char *buffer);

/*
 * Disks that were added, and whose memory the block layer has not freed. It looks into a disk's operations until then, and that is later
 * than the put of the module by the last one that had the disk open (blkdev_put).
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

/* Disks, subsystems, timers and their kind that the kernel may call, or whose memory it reads. */
extern atomic_t apus_registrations;
atomic_t apus_registrations = ATOMIC_INIT(0);

/* As core.h has it. */
struct apus_left_over {
	struct apus_left_over *next;
	int (*take_back)(struct apus_left_over *left);
};

/* What the kernel was still using when its value ended. */
extern struct apus_left_over *apus_left_overs;
struct apus_left_over *apus_left_overs;

/* Held to read by those that look into the tag set of a queue, and to write before one goes. */
extern struct rw_semaphore apus_quiescing;
DECLARE_RWSEM(apus_quiescing);

/*
 * Whether there is a module to command: not before it has started, when modprobe's arguments are read, and not
 * once it began to stop. Under the module's parameter lock.
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
		pr_err("%s: parameter %s: a command works only while the module is loaded\n", KBUILD_MODNAME,
		       kp->name);
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
static const struct kernel_param_ops apus_report_ops __maybe_unused = { .set = apus_refuse, .get = apus_report };

#define APUS_PARAMETER(index, name, help, ops, type, mode)			\
	module_param_cb(name, &ops, (void *)(unsigned long)index, mode);	\
	__MODULE_PARM_TYPE(name, type);						\
	MODULE_PARM_DESC(name, help);

#define APUS_INTEGER(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "long", 0444)
#define APUS_INTEGER_WRITABLE(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "long", 0644)
#define APUS_INT(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "int", 0444)
#define APUS_INT_WRITABLE(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "int", 0644)
#define APUS_UINT(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "uint", 0444)
#define APUS_UINT_WRITABLE(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "uint", 0644)
#define APUS_ULONG(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "ulong", 0444)
#define APUS_ULONG_WRITABLE(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "ulong", 0644)
#define APUS_BOOLEAN(index, name, help) APUS_PARAMETER(index, name, help, apus_boolean_ops, "bool", 0444)
#define APUS_BOOLEAN_WRITABLE(index, name, help) APUS_PARAMETER(index, name, help, apus_boolean_ops, "bool", 0644)
#define APUS_STRING(index, name, help) APUS_PARAMETER(index, name, help, apus_ops, "string", 0444)
#define APUS_COMMAND(index, name, help) APUS_PARAMETER(index, name, help, apus_command_ops, "command", 0200)
#define APUS_REPORT(index, name, help) APUS_PARAMETER(index, name, help, apus_report_ops, "report", 0444)

#include APUS_RECORDS

static void apus_set_live(bool live)
{
	kernel_param_lock(THIS_MODULE);
	apus_is_live = live;
	kernel_param_unlock(THIS_MODULE);
}

/* Whether all that was left over is taken back. */
static bool apus_take_back(void)
{
	struct apus_left_over *left = apus_left_overs, *next, *kept = NULL;

	for (; left; left = next) {
		int counted;

		next = left->next;
		counted = left->take_back(left);
		if (counted < 0) {
			left->next = kept;
			kept = left;
		} else {
			atomic_sub(counted, &apus_registrations);
		}
	}
	apus_left_overs = kept;
	return !kept;
}

/*
 * Every registration is a value that the module owns, so all of them ended with it; unless values own each other in a
 * circle of Shared, which nothing ends. The kernel would call into text that is gone: this task stops here instead, and
 * the module stays.
 */
static void apus_check_end(void)
{
	int count = atomic_read(&apus_registrations);

	if (!count)
		return;
	pr_crit("%s: the module ends while %d of its disks, subsystems, timers, work items or threads do not: Shared values own each other in a circle\n",
		KBUILD_MODNAME, count);
	BUG();
}

/* While the start is under way, disks are added so that what the kernel still does with them can be waited for. */
extern bool apus_is_starting;
bool apus_is_starting = true;

/*
 * The module's memory is freed after this. The kernel's callers of its functions have returned, but for the last instructions of those
 * that told the module so (a bio's end that leaves a gate): a task may have been preempted there, and only a wait of that task shows
 * that it is not there any more.
 */
static void apus_leave_text(void)
{
	/* (As a rule there is none: what is left of a disk after its last put of the module is a few instructions.) */
	while (atomic_read(&apus_disks))
		msleep(1);
	synchronize_rcu_tasks();
}

/*
 * Where the start has failed, the kernel frees the module whoever has a reference: a program that opened one of its disks or files
 * meanwhile, a table with one of its targets, a directory in configfs. The loader has the only other reference. A directory may be made as
 * long as the root is there, so what is left over is taken back in between.
 */
static void apus_wait_for_users(void)
{
	unsigned int tries;

	for (tries = 0; module_refcount(THIS_MODULE) > 1 || !apus_take_back() || module_refcount(THIS_MODULE) > 1; tries++) {
		if (tries == 20)
			pr_warn("%s: its start failed, and it waits for those that still use its disks, files, targets or directories\n",
				KBUILD_MODNAME);
		msleep(50);
	}
}

static int __init apus_module_init(void)
{
	int result = apus_module_start();

	WRITE_ONCE(apus_is_starting, false);
	if (!result)
		apus_set_live(true);
	/*
	 * Files with which partitions were looked for are closed before: if the start failed, the module's memory is freed whoever
	 * refers to it, and otherwise it could not be unloaded at once.
	 */
	flush_delayed_fput();
	if (result) {
		apus_wait_for_users();
		apus_check_end();
		apus_leave_text();
	}
	return result;
}

static void __exit apus_module_exit(void)
{
	/* sysfs still has the parameters: the last command ends before this returns, and no other begins. */
	apus_set_live(false);
	apus_module_stop();
	apus_take_back();
	apus_check_end();
	apus_leave_text();
}

module_init(apus_module_init);
module_exit(apus_module_exit);

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
#include <linux/spinlock.h>
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
	int (*take_back)(struct apus_left_over *left, bool is_over);
};

/* What the kernel was still using when its value ended. */
static struct apus_left_over *apus_left_overs;
static DEFINE_SPINLOCK(apus_left_overs_lock);

void apus_leave_over(struct apus_left_over *left);
void apus_leave_over(struct apus_left_over *left)
{
	spin_lock(&apus_left_overs_lock);
	left->next = apus_left_overs;
	apus_left_overs = left;
	spin_unlock(&apus_left_overs_lock);
}

struct apus_left_over *apus_left_over_find(bool (*claim)(struct apus_left_over *left));
struct apus_left_over *apus_left_over_find(bool (*claim)(struct apus_left_over *left))
{
	struct apus_left_over *left;

	spin_lock(&apus_left_overs_lock);
	for (left = apus_left_overs; left && !claim(left); left = left->next)
		;
	spin_unlock(&apus_left_overs_lock);
	return left;
}

/*
 * Tries to take back what is left over; also what is left while this runs, such as by the end of a
 * configfs root. Whether the kernel uses none of it any more.
 */
static bool apus_take_back(bool is_over)
{
	struct apus_left_over *left, *kept = NULL;
	bool is_used = false;

	for (;;) {
		int result;

		spin_lock(&apus_left_overs_lock);
		left = apus_left_overs;
		if (left)
			apus_left_overs = left->next;
		spin_unlock(&apus_left_overs_lock);
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
 * Where the start has failed, the kernel frees the module whoever has a reference: a program that
 * opened one of its disks or files meanwhile, a table with one of its targets, a directory in
 * configfs. The loader has the only other reference. Nothing takes a new one when all is taken back.
 *
 * Files that the start closed are closed by now, or by delayed work: each is a reference as well.
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
		/* (Or rmmod would have to wait for files with which partitions were looked for.) */
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
	/* sysfs still has the parameters: the last command ends before this returns, and no other begins. */
	apus_set_live(false);
	apus_module_stop();
	apus_take_back(true);
	apus_check_end();
	apus_leave_text();
}

module_init(apus_module_init);
module_exit(apus_module_exit);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that Apus builds for (kbuild/kernels), and nothing else. A new kernel
 * is a line in that list, plus what it needs here.
 */
#ifndef APUS_COMPAT_H
#define APUS_COMPAT_H

/* For what a driver has on some kernels only, as the kernel's own driver of its kind: Swift and the macros compare. */
#define APUS_RELEASE_CODE LINUX_VERSION_CODE
#define APUS_IS_AT_LEAST(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* 6.9 (26e197b7f9240) gave blk_mq_alloc_disk the limits; before, they are set on the queue one by one. */
#define APUS_LIMITS_AT_ALLOC (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0))

/*
 * 6.9 closes the file with which a new disk's partitions were looked for when the task returns to user space.
 * If that task is loading our module, and this fails after the disk was added, the module is gone by then.
 */
#define APUS_SCAN_CLOSES_LATE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0))

/* 6.9 opens a block device as a file; before, it is the device itself, with its mode given again to put it. */
#define APUS_DEVICE_IS_FILE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0))

/* 6.5 gave the operations of a disk the disk to open and release, and modes of its own for files of block devices. */
#define APUS_OPENS_DISK (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0))
#if APUS_OPENS_DISK
typedef blk_mode_t apus_compat_mode;
#define APUS_COMPAT_OPEN_WRITE BLK_OPEN_WRITE
#define APUS_COMPAT_OPEN_EXCL BLK_OPEN_EXCL
#define APUS_COMPAT_OPEN_NDELAY BLK_OPEN_NDELAY
#else
typedef fmode_t apus_compat_mode;
#define APUS_COMPAT_OPEN_WRITE FMODE_WRITE
#define APUS_COMPAT_OPEN_EXCL FMODE_EXCL
#define APUS_COMPAT_OPEN_NDELAY FMODE_NDELAY
#endif

/* 6.12.2 (a stable update; 6.13 in the main line) gave lists of requests a type of their own. */
#define APUS_HAS_RQ_LIST (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 2))

/* 6.6 renamed the status of a reservation conflict. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define APUS_BLK_STS_RESV_CONFLICT BLK_STS_RESV_CONFLICT
#else
#define APUS_BLK_STS_RESV_CONFLICT BLK_STS_NEXUS
#endif

/* 6.15 took the compression interface away that works on memory at an address, and left the one that works on scatterlists. */
#define APUS_COMPAT_CRYPTO_COMP (LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))

/* The largest order that the page allocator gives. 6.4 made the constant inclusive, 6.8 renamed it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define APUS_COMPAT_MAX_ORDER MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define APUS_COMPAT_MAX_ORDER MAX_ORDER
#else
#define APUS_COMPAT_MAX_ORDER (MAX_ORDER - 1)
#endif

/* 6.13 sets a timer's callback where it is initialised; before, the callback is a field. */
static inline void apus_compat_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*callback)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, callback, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = callback;
#endif
}

/* 6.10 took away the function that is called while the zones change. */
#ifdef CONFIG_BLK_DEV_ZONED
static inline int apus_compat_revalidate_zones(struct gendisk *disk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return blk_revalidate_disk_zones(disk);
#else
	return blk_revalidate_disk_zones(disk, NULL);
#endif
}
#endif

#endif

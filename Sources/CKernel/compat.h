/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that Apus builds for (kbuild/kernels), and nothing else. A new kernel
 * is a line in that list, plus what it needs here.
 */
#ifndef APUS_COMPAT_H
#define APUS_COMPAT_H

#include <linux/device-mapper.h>
#include <linux/hrtimer.h>
#include <linux/version.h>
#include <linux/zpool.h>

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

/* 6.11 (9da3d1e912f3) knows writes that are carried out wholly or not at all. */
#define APUS_HAS_ATOMIC_WRITES (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0))

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

/* Waits for the calls of queue_rq and its kind that are under way. 6.2 asks for the tag set. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define apus_compat_wait_dispatched(queue) blk_mq_wait_quiesce_done((queue)->tag_set)
#else
#define apus_compat_wait_dispatched(queue) blk_mq_wait_quiesce_done(queue)
#endif

/* 6.2 (2bd85221a625) counts a queue's owners without a kobject. */
static inline void apus_compat_queue_get(struct request_queue *queue)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	refcount_inc(&queue->refs);
#else
	kobject_get(&queue->kobj);
#endif
}

/* 6.6 renamed the status of a reservation conflict. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define APUS_BLK_STS_RESV_CONFLICT BLK_STS_RESV_CONFLICT
#else
#define APUS_BLK_STS_RESV_CONFLICT BLK_STS_NEXUS
#endif

/* 6.15 took the compression interface away that works on memory at an address, and left the one that works on scatterlists. */
#define APUS_COMPAT_CRYPTO_COMP (LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))

/* 6.5 gave block devices' modes a type and names of their own. */
#ifdef BLK_OPEN_WRITE
#define APUS_DM_MODE_WRITE BLK_OPEN_WRITE
#else
#define APUS_DM_MODE_WRITE FMODE_WRITE
#endif

/*
 * From 6.7 on a table with a target that stands for any other (a wildcard) is none that can be accessed directly. Before, all that
 * counts is the hook, if the type shows its devices (which the kernel's own did not). Without the hook device mapper says EIO itself.
 */
static inline void apus_compat_dm_type(struct target_type *type)
{
	if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) && type->features & DM_TARGET_WILDCARD)
		type->direct_access = NULL;
}

/* From 6.11 on device mapper can send a flush to a target's devices without asking the target; before, there is no such flag. */
static inline void apus_compat_dm_set_flush_bypasses_map(struct dm_target *ti, bool value)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	ti->flush_bypasses_map = value;
#endif
}

/*
 * The flags of a bio that a target takes back: as they were, but for what stands for a thing that the bio has now or has not: a reference, and
 * a zone's lock (up to 6.9) or its place in a zone's queue.
 */
static inline unsigned short apus_compat_bio_flags(unsigned short before, unsigned short now)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	unsigned short held = 1U << BIO_REFFED | 1U << BIO_ZONE_WRITE_PLUGGING;
#else
	unsigned short held = 1U << BIO_REFFED | 1U << BIO_ZONE_WRITE_LOCKED;
#endif

	return (before & ~held) | (now & held);
}

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

/* 6.7 took eviction out of zpool, and 6.8 counts a pool's pages where there were bytes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
static inline void apus_compat_zpool_fill(struct zpool_driver *driver,
	void *(*create)(const char *name, gfp_t gfp, const void *ops, void *zpool),
	void *(*create_plain)(const char *name, gfp_t gfp), int (*shrink)(void *pool, unsigned int pages, unsigned int *reclaimed),
	u64 (*pages)(void *pool), u64 (*bytes)(void *pool))
{
	driver->create = create_plain;
	driver->total_pages = pages;
}

static inline void *apus_compat_zpool_create(struct zpool_driver *driver, const char *name, gfp_t gfp)
{
	return driver->create(name, gfp);
}

static inline u64 apus_compat_zpool_pages(struct zpool_driver *driver, void *pool)
{
	return driver->total_pages(pool);
}

static inline int apus_compat_zpool_evict(const void *ops, void *zpool, unsigned long handle)
{
	return -ENOENT;
}

static inline void apus_compat_object_made(void *object) {}
static inline void apus_compat_object_freed(void *object) {}
static inline bool apus_compat_object_is_written(const void *object) { return true; }
static inline bool apus_compat_block_claim(void *client, unsigned char who) { return true; }
#else
static inline void apus_compat_zpool_fill(struct zpool_driver *driver,
	void *(*create)(const char *name, gfp_t gfp, const void *ops, void *zpool),
	void *(*create_plain)(const char *name, gfp_t gfp), int (*shrink)(void *pool, unsigned int pages, unsigned int *reclaimed),
	u64 (*pages)(void *pool), u64 (*bytes)(void *pool))
{
	driver->create = (void *(*)(const char *, gfp_t, const struct zpool_ops *, struct zpool *))create;
	driver->shrink = shrink;
	driver->total_size = bytes;
}

static inline void *apus_compat_zpool_create(struct zpool_driver *driver, const char *name, gfp_t gfp)
{
	return driver->create(name, gfp, NULL, NULL);
}

static inline u64 apus_compat_zpool_pages(struct zpool_driver *driver, void *pool)
{
	return driver->total_size(pool) >> PAGE_SHIFT;
}

static inline int apus_compat_zpool_evict(const void *ops, void *zpool, unsigned long handle)
{
	const struct zpool_ops *table = ops;

	return table && table->evict ? table->evict(zpool, handle) : -ENOENT;
}

/*
 * It is zswap that is asked to evict an object, and it believes what the object begins with: a swap
 * entry, by whose type, in bits 58 to 62, it finds a tree, and by whose offset in there the page.
 * So it is asked for nothing that it has not written: an object's first word is all ones until
 * then, whichever byte is written first, and has an offset that is none when the object was freed:
 * the type stays, for an eviction that is under way.
 */
static inline void apus_compat_object_made(void *object)
{
	WRITE_ONCE(*(u64 *)object, ~0ULL);
}

static inline void apus_compat_object_freed(void *object)
{
	WRITE_ONCE(*(u32 *)object, ~0U);
}

static inline bool apus_compat_object_is_written(const void *object)
{
	u64 word = READ_ONCE(*(const u64 *)object);

	return (s64)word >= 0 && (u32)word != ~0U;
}

static noinline __maybe_unused bool apus_compat_block_claim_first(void *client, unsigned char who)
{
	unsigned char before = cmpxchg((unsigned char *)client, 0, who);

	return !before || before == who;
}

/* Whether all objects of a block that were given away were given to this kind of client, and are from here on. */
static inline bool apus_compat_block_claim(void *client, unsigned char who)
{
	return READ_ONCE(*(unsigned char *)client) == who || apus_compat_block_claim_first(client, who);
}
#endif

/*
 * Whether two disks have the same protection information. Before 6.11 device mapper itself compares all devices that a target opens, and not only
 * those that it shows.
 */
static inline bool apus_compat_same_integrity(struct gendisk *one, struct gendisk *other)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) && defined(CONFIG_BLK_DEV_INTEGRITY)
	const struct blk_integrity *first = &one->queue->limits.integrity, *second = &other->queue->limits.integrity;

	return first->tuple_size == second->tuple_size && first->interval_exp == second->interval_exp &&
		first->tag_size == second->tag_size && first->csum_type == second->csum_type && first->pi_offset == second->pi_offset;
#else
	return true;
#endif
}

/* 6.10 took away the function that is called while the zones change. */
#ifdef CONFIG_BLK_DEV_ZONED
/* A disk without requests was never looked at before 6.10: it is believed. */
static inline int apus_compat_revalidate_zones(struct gendisk *disk)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	if (!queue_is_mq(disk->queue)) {
		disk->nr_zones = bdev_nr_zones(disk->part0);
		return 0;
	}
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return blk_revalidate_disk_zones(disk);
#else
	return blk_revalidate_disk_zones(disk, NULL);
#endif
}
#endif

#endif

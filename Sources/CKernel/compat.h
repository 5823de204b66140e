/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between the kernels that Apus builds for (kbuild/kernels), and nothing else. A
 * new kernel is a line in that list, plus what it needs here.
 */
#ifndef APUS_COMPAT_H
#define APUS_COMPAT_H

#include <linux/device-mapper.h>
#include <linux/hrtimer.h>
#include <linux/version.h>
#include <linux/zpool.h>

/*
 * For features that a driver has on some kernels only, as the kernel's own driver of its kind does.
 * Swift code and the macros compare these numbers.
 */
#define APUS_RELEASE_CODE LINUX_VERSION_CODE
#define APUS_IS_AT_LEAST(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/*
 * From 6.9 (26e197b7f9240) blk_mq_alloc_disk takes the limits. Before, they are set on the queue
 * one by one.
 */
#define APUS_LIMITS_AT_ALLOC (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0))

/*
 * From 6.9 a block device is opened as a file, also by the scan of a new disk's partitions, and the
 * file is closed when the task returns to user space. Before, an open gives the device itself, and
 * putting the device, which takes effect immediately, needs its mode again.
 */
#define APUS_DEVICE_IS_FILE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0))

/* From 6.11 (9da3d1e912f3) the block layer supports atomic writes. */
#define APUS_HAS_ATOMIC_WRITES (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0))

/*
 * From 6.5 a disk's open and release operations take the disk, and block devices have a type of
 * their own for modes (blk_mode_t).
 */
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

/* From 6.12.2 (a stable update; 6.13 in mainline) lists of requests have a type of their own. */
#define APUS_HAS_RQ_LIST (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 2))

/*
 * Waits for the calls of queue_rq and the like that are under way. From 6.2 it takes the tag set.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define apus_compat_wait_dispatched(queue) blk_mq_wait_quiesce_done((queue)->tag_set)
#else
#define apus_compat_wait_dispatched(queue) blk_mq_wait_quiesce_done(queue)
#endif

/*
 * From 6.10 the block layer accepts appends for every disk with zones, and makes writes of them if
 * the driver has none. It does so for disks that have requests only.
 */
static inline bool apus_compat_emulates_append(struct request_queue *queue)
{
#if defined(CONFIG_BLK_DEV_ZONED) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return queue_emulates_zone_append(queue);
#else
	return false;
#endif
}

/*
 * From 6.10 a write to a zone may be plugged, and an append may be such a write. Before that, the
 * I/O scheduler locks the zone of a write, and of a write of zeroes, which may be larger than a
 * zone. Returns whether a request of this kind goes on in another zone after its first bytes: the
 * kernel finds the zone by the first sector that is left.
 */
static inline bool apus_compat_leaves_zone(const struct request *request, unsigned int bytes)
{
#if defined(CONFIG_BLK_DEV_ZONED) && defined(RQF_ZONE_WRITE_PLUGGING)
	if (!(request->rq_flags & RQF_ZONE_WRITE_PLUGGING))
		return false;
	return disk_zone_no(request->q->disk, blk_rq_pos(request)) !=
	       disk_zone_no(request->q->disk, blk_rq_pos(request) + (bytes >> SECTOR_SHIFT));
#elif defined(CONFIG_BLK_DEV_ZONED) && defined(RQF_ZONE_WRITE_LOCKED)
	if (!(request->rq_flags & RQF_ZONE_WRITE_LOCKED))
		return false;
	return disk_zone_no(request->q->disk, blk_rq_pos(request)) !=
	       disk_zone_no(request->q->disk, blk_rq_pos(request) + (bytes >> SECTOR_SHIFT));
#else
	return false;
#endif
}

/* Puts a reference to a queue. Returns false and does nothing if it is the last one. */
static inline bool apus_compat_queue_put_unless_last(struct request_queue *queue)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return refcount_dec_not_one(&queue->refs);
#else
	return refcount_dec_not_one(&queue->kobj.kref.refcount);
#endif
}

/* From 6.2 (2bd85221a625) a queue's references are counted without a kobject. */
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

/*
 * 6.15 removed the compression interface for memory at an address (crypto_comp), and kept the one
 * for scatterlists.
 */
#define APUS_COMPAT_CRYPTO_COMP (LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0))

/* From 6.5 block devices' modes have a type and names of their own. */
#ifdef BLK_OPEN_WRITE
#define APUS_DM_MODE_WRITE BLK_OPEN_WRITE
#else
#define APUS_DM_MODE_WRITE FMODE_WRITE
#endif

/*
 * From 6.7 a table with a wildcard target, which can replace any other target, does not support
 * direct access. Before, only the hook counts, if the target type shows its devices (which the
 * kernel's own wildcard target did not). Without the hook device mapper itself returns EIO.
 */
static inline void apus_compat_dm_type(struct target_type *type)
{
	if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) && type->features & DM_TARGET_WILDCARD)
		type->direct_access = NULL;
}

/*
 * From 6.11 device mapper can send a flush to a target's devices without calling the target.
 * Before, this flag does not exist.
 */
static inline void apus_compat_dm_set_flush_bypasses_map(struct dm_target *ti, bool value)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	ti->flush_bypasses_map = value;
#endif
}

/*
 * Returns the flags of a bio that a target takes back: the flags from before, except for those that
 * say what the bio holds. These are a reference, and a zone's lock (up to 6.9) or a place in a
 * zone's queue of plugged writes (from 6.10).
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

/* The largest order of the page allocator. 6.4 made the constant inclusive, 6.8 renamed it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define APUS_COMPAT_MAX_ORDER MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define APUS_COMPAT_MAX_ORDER MAX_ORDER
#else
#define APUS_COMPAT_MAX_ORDER (MAX_ORDER - 1)
#endif

/*
 * From 6.13 a timer's callback is set when the timer is initialised. Before, the callback is a
 * field.
 */
static inline void apus_compat_hrtimer_setup(struct hrtimer *timer,
					     enum hrtimer_restart (*callback)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, callback, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = callback;
#endif
}

/* 6.7 removed eviction from zpool. From 6.8 a pool's size is in pages; before, it is in bytes. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
static inline void apus_compat_zpool_fill(struct zpool_driver *driver,
					  void *(*create)(const char *name, gfp_t gfp,
							  const void *ops, void *zpool),
					  void *(*create_plain)(const char *name, gfp_t gfp),
					  int (*shrink)(void *pool, unsigned int pages,
							unsigned int *reclaimed),
					  u64 (*pages)(void *pool), u64 (*bytes)(void *pool))
{
	driver->create = create_plain;
	driver->total_pages = pages;
}

static inline void *apus_compat_zpool_create(struct zpool_driver *driver, const char *name,
					     gfp_t gfp)
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
static inline bool apus_compat_slab_claim(void *client, unsigned char who) { return true; }
#else
static inline void apus_compat_zpool_fill(struct zpool_driver *driver,
					  void *(*create)(const char *name, gfp_t gfp,
							  const void *ops, void *zpool),
					  void *(*create_plain)(const char *name, gfp_t gfp),
					  int (*shrink)(void *pool, unsigned int pages,
							unsigned int *reclaimed),
					  u64 (*pages)(void *pool), u64 (*bytes)(void *pool))
{
	driver->create =
		(void *(*)(const char *, gfp_t, const struct zpool_ops *, struct zpool *))create;
	driver->shrink = shrink;
	driver->total_size = bytes;
}

static inline void *apus_compat_zpool_create(struct zpool_driver *driver, const char *name,
					     gfp_t gfp)
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
 * zswap is asked to evict an object, and trusts the object's first word. The word is a swap entry:
 * zswap finds a tree by its type, in bits 58 to 62, and a page in that tree by its offset. So zswap
 * is only asked to evict an object that it has written. The first word is all ones until then,
 * whichever byte is written first. When the object is freed, the word gets an offset that no page
 * has. The type stays, for an eviction that is under way.
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

/*
 * Whether all objects of a block that were handed out went to this kind of client. If so, the
 * block's objects go only to this kind of client from here on.
 */
static inline bool apus_compat_slab_claim(void *client, unsigned char who)
{
	return READ_ONCE(*(unsigned char *)client) == who ||
	       apus_compat_block_claim_first(client, who);
}
#endif

/*
 * Whether two disks have the same protection information. Before 6.11 device mapper itself compares
 * all devices that a target opens, and not only those that it shows.
 */
static inline bool apus_compat_same_integrity(struct gendisk *one, struct gendisk *other)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0) && defined(CONFIG_BLK_DEV_INTEGRITY)
	const struct blk_integrity *first = &one->queue->limits.integrity,
				   *second = &other->queue->limits.integrity;

	return first->tuple_size == second->tuple_size &&
	       first->interval_exp == second->interval_exp && first->tag_size == second->tag_size &&
	       first->csum_type == second->csum_type && first->pi_offset == second->pi_offset;
#else
	return true;
#endif
}

/* 6.10 removed the callback that is called while the zones change. */
#ifdef CONFIG_BLK_DEV_ZONED
/* Before 6.10 the block layer does not revalidate the zones of a bio-based disk. */
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

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for disks (Sources/BlockMQ): their limits, their operations, and their removal. */
#ifndef APUS_DISK_H
#define APUS_DISK_H

enum apus_limits_flags {
	APUS_LIMIT_WRITE_CACHE = 1 << 0,
	APUS_LIMIT_FUA = 1 << 1,
	APUS_LIMIT_ROTATIONAL = 1 << 2,
	APUS_LIMIT_ADD_RANDOM = 1 << 3,
	APUS_LIMIT_STABLE_WRITES = 1 << 4,
	APUS_LIMIT_ZONED = 1 << 5,
};

/* The largest number of sectors whose size in bytes fits into the 32 bits of a request. */
enum {
	APUS_SECTORS_MAX = UINT_MAX >> SECTOR_SHIFT,
};

/*
 * The limits that a disk can be given, in one structure for all kernels. 0 selects the block
 * layer's default, except for the block sizes and the discard granularity. Masks are those of the
 * block layer: the size less one.
 */
struct apus_limits {
	unsigned int flags;
	unsigned int logical_block_size, physical_block_size, alignment_offset, io_min, io_opt;
	unsigned int max_hw_sectors, chunk_sectors;
	unsigned int max_segments, max_segment_size, dma_alignment;
	unsigned long seg_boundary_mask, virt_boundary_mask;
	unsigned int max_discard_sectors, max_discard_segments, discard_granularity,
		discard_alignment;
	unsigned int max_secure_erase_sectors, max_write_zeroes_sectors;
	/* For zoned disks. chunk_sectors is the size of a zone. */
	unsigned int max_zone_append_sectors, max_open_zones, max_active_zones;
	/* Atomic writes, in bytes. */
	unsigned int atomic_write_max, atomic_write_unit_min, atomic_write_unit_max,
		atomic_write_boundary;
};

#if APUS_LIMITS_AT_ALLOC
static inline struct queue_limits apus_queue_limits(const struct apus_limits *limits)
{
	struct queue_limits lim = {
		.logical_block_size = limits->logical_block_size,
		.physical_block_size = limits->physical_block_size,
		.alignment_offset = limits->alignment_offset,
		.io_min = limits->io_min,
		.io_opt = limits->io_opt,
		.max_hw_sectors = limits->max_hw_sectors,
		.chunk_sectors = limits->chunk_sectors,
		.max_segments = limits->max_segments,
		.max_segment_size = limits->max_segment_size,
		.dma_alignment = limits->dma_alignment,
		.seg_boundary_mask = limits->seg_boundary_mask,
		.virt_boundary_mask = limits->virt_boundary_mask,
		.max_hw_discard_sectors = limits->max_discard_sectors,
		.max_discard_segments = limits->max_discard_segments,
		.discard_granularity = limits->discard_granularity,
		.discard_alignment = limits->discard_alignment,
		.max_secure_erase_sectors = limits->max_secure_erase_sectors,
		.max_write_zeroes_sectors = limits->max_write_zeroes_sectors,
		.max_zone_append_sectors = limits->max_zone_append_sectors,
		.max_open_zones = limits->max_open_zones,
		.max_active_zones = limits->max_active_zones,
#if APUS_HAS_ATOMIC_WRITES
		.atomic_write_hw_max = limits->atomic_write_max,
		.atomic_write_hw_unit_min = limits->atomic_write_unit_min,
		.atomic_write_hw_unit_max = limits->atomic_write_unit_max,
		.atomic_write_hw_boundary = limits->atomic_write_boundary,
#endif
	};

	if (limits->flags & APUS_LIMIT_WRITE_CACHE)
		lim.features |= BLK_FEAT_WRITE_CACHE;
	if (limits->flags & APUS_LIMIT_FUA)
		lim.features |= BLK_FEAT_FUA;
	if (limits->flags & APUS_LIMIT_ROTATIONAL)
		lim.features |= BLK_FEAT_ROTATIONAL;
	if (limits->flags & APUS_LIMIT_ADD_RANDOM)
		lim.features |= BLK_FEAT_ADD_RANDOM;
	if (limits->flags & APUS_LIMIT_STABLE_WRITES)
		lim.features |= BLK_FEAT_STABLE_WRITES;
	if (limits->flags & APUS_LIMIT_ZONED)
		lim.features |= BLK_FEAT_ZONED;
	return lim;
}

static inline struct gendisk *apus_new_disk(struct apus_tag_set *tags,
					    const struct apus_limits *limits)
{
	struct queue_limits lim = apus_queue_limits(limits);

	return blk_mq_alloc_disk(&tags->set, &lim, APUS_QUEUE_IS_NEW);
}

/* Allocates a bio-based disk. */
static inline struct gendisk *apus_alloc_bio_disk(const struct apus_limits *limits, int node)
{
	struct queue_limits lim = apus_queue_limits(limits);
	struct gendisk *disk;

	apus_assert_may_sleep();
	disk = blk_alloc_disk(&lim, node);
	if (!IS_ERR(disk))
		blk_queue_rq_timeout(disk->queue, 30 * HZ);
	return disk;
}
#else
static inline void apus_apply_limits(struct gendisk *disk, const struct apus_limits *limits)
{
	struct request_queue *queue = disk->queue;

	blk_queue_logical_block_size(queue, limits->logical_block_size);
	blk_queue_physical_block_size(queue, limits->physical_block_size);
	if (limits->alignment_offset)
		blk_queue_alignment_offset(queue, limits->alignment_offset);
	if (limits->io_min)
		blk_queue_io_min(queue, limits->io_min);
	if (limits->io_opt)
		blk_queue_io_opt(queue, limits->io_opt);
	if (limits->max_hw_sectors)
		blk_queue_max_hw_sectors(queue, limits->max_hw_sectors);
	if (limits->chunk_sectors)
		blk_queue_chunk_sectors(queue, limits->chunk_sectors);
	if (limits->max_segments)
		blk_queue_max_segments(queue, limits->max_segments);
	if (limits->max_segment_size)
		blk_queue_max_segment_size(queue, limits->max_segment_size);
	if (limits->dma_alignment)
		blk_queue_dma_alignment(queue, limits->dma_alignment);
	if (limits->seg_boundary_mask)
		blk_queue_segment_boundary(queue, limits->seg_boundary_mask);
	if (limits->virt_boundary_mask)
		blk_queue_virt_boundary(queue, limits->virt_boundary_mask);
	if (limits->max_discard_sectors) {
		queue->limits.discard_granularity = limits->discard_granularity;
		queue->limits.discard_alignment = limits->discard_alignment;
		blk_queue_max_discard_sectors(queue, limits->max_discard_sectors);
		if (limits->max_discard_segments)
			blk_queue_max_discard_segments(queue, limits->max_discard_segments);
	}
	if (limits->max_secure_erase_sectors)
		blk_queue_max_secure_erase_sectors(queue, limits->max_secure_erase_sectors);
	if (limits->max_write_zeroes_sectors)
		blk_queue_max_write_zeroes_sectors(queue, limits->max_write_zeroes_sectors);
	blk_queue_write_cache(queue, limits->flags & APUS_LIMIT_WRITE_CACHE,
			      limits->flags & APUS_LIMIT_FUA);
	if (!(limits->flags & APUS_LIMIT_ROTATIONAL))
		blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	if (limits->flags & APUS_LIMIT_ADD_RANDOM)
		blk_queue_flag_set(QUEUE_FLAG_ADD_RANDOM, queue);
	if (limits->flags & APUS_LIMIT_STABLE_WRITES)
		blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, queue);
#ifdef CONFIG_BLK_DEV_ZONED
	if (limits->flags & APUS_LIMIT_ZONED) {
		disk_set_zoned(disk, BLK_ZONED_HM);
		blk_queue_flag_set(QUEUE_FLAG_ZONE_RESETALL, queue);
		blk_queue_required_elevator_features(queue, ELEVATOR_F_ZBD_SEQ_WRITE);
		if (limits->max_zone_append_sectors)
			blk_queue_max_zone_append_sectors(queue, limits->max_zone_append_sectors);
		disk_set_max_open_zones(disk, limits->max_open_zones);
		disk_set_max_active_zones(disk, limits->max_active_zones);
	}
#endif
}

static inline struct gendisk *apus_new_disk(struct apus_tag_set *tags,
					    const struct apus_limits *limits)
{
	struct gendisk *disk = blk_mq_alloc_disk(&tags->set, APUS_QUEUE_IS_NEW);

	if (!IS_ERR(disk))
		apus_apply_limits(disk, limits);
	return disk;
}

/* Allocates a bio-based disk. */
static inline struct gendisk *apus_alloc_bio_disk(const struct apus_limits *limits, int node)
{
	struct gendisk *disk;

	apus_assert_may_sleep();
	disk = blk_alloc_disk(node);
	if (!disk)
		return ERR_PTR(-ENOMEM);
	apus_apply_limits(disk, limits);
	blk_queue_rq_timeout(disk->queue, 30 * HZ);
	return disk;
}
#endif

static inline struct gendisk *apus_alloc_disk(struct apus_tag_set *tags,
					      const struct apus_limits *limits)
{
	struct apus_maker maker;
	struct gendisk *disk;

	apus_assert_may_sleep();
	if (!apus_tag_set_pin(tags))
		return ERR_PTR(-EBUSY);
	apus_tag_set_add_disk(tags);
	apus_maker_begin(tags, &maker);
	disk = apus_new_disk(tags, limits);
	apus_maker_end(tags, &maker);
	apus_tag_set_unpin(tags);
	if (IS_ERR(disk))
		apus_tag_set_remove_disk(tags);
	return disk;
}

/* --- Bios that were submitted to a bio-based disk --- */

static inline unsigned int apus_submitted_operation(const struct bio *bio)
{
	return (__force unsigned int)bio_op(bio);
}

static inline u32 apus_submitted_flags(const struct bio *bio)
{
	return (__force u32)bio->bi_opf & ~(u32)REQ_OP_MASK;
}

static inline u64 apus_submitted_sector(const struct bio *bio)
{
	return bio->bi_iter.bi_sector;
}

static inline unsigned int apus_submitted_bytes(const struct bio *bio)
{
	return bio->bi_iter.bi_size;
}

static inline struct apus_segments apus_submitted_segments(struct bio *bio)
{
	return (struct apus_segments){ .bio = bio, .iter = bio->bi_iter };
}

static inline bool apus_submitted_is_write(const struct bio *bio)
{
	return op_is_write(bio_op(bio));
}

static inline void apus_submitted_set_sector(struct bio *bio, u64 sector)
{
	if (bio_op(bio) == REQ_OP_ZONE_APPEND)
		bio->bi_iter.bi_sector = sector;
}

static inline void apus_submitted_end(struct bio *bio, u8 status)
{
	bio->bi_status = (__force blk_status_t)status;
	bio_endio(bio);
}

/* Whether the kernel supports atomic writes. */
static inline bool apus_has_atomic_writes(void)
{
	return APUS_HAS_ATOMIC_WRITES;
}

/* Whether the kernel was built with support for zoned devices. */
static inline bool apus_has_zones(void)
{
	return IS_ENABLED(CONFIG_BLK_DEV_ZONED);
}

/* Flags of a disk. */
enum apus_disk_flags {
	APUS_DISK_REMOVABLE = GENHD_FL_REMOVABLE,
	APUS_DISK_NO_PARTITIONS = GENHD_FL_NO_PART,
	/* Not one of the kernel's flags: the kernel keeps it as a state of the disk. */
	APUS_DISK_READ_ONLY = 1 << 16,
};

static inline void apus_disk_set_flags(struct gendisk *_Nonnull disk, unsigned int flags)
{
	disk->flags |= flags & (GENHD_FL_REMOVABLE | GENHD_FL_NO_PART);
	set_disk_ro(disk, flags & APUS_DISK_READ_ONLY);
}

static inline int apus_major_register(const char *name)
{
	apus_assert_may_sleep();
	return register_blkdev(0, name);
}

static inline void apus_major_unregister(unsigned int major, const char *name)
{
	apus_assert_may_sleep();
	unregister_blkdev(major, name);
}

/* Call this before the disk is added. The block layer chooses the numbers of its partitions. */
static inline void apus_disk_set_number(struct gendisk *_Nonnull disk, unsigned int major,
					unsigned int minor)
{
	disk->major = major;
	disk->first_minor = minor;
	disk->minors = 1;
}

static inline void apus_disk_resize(struct gendisk *_Nonnull disk, u64 sectors)
{
	apus_assert_may_sleep();
	set_capacity_and_notify(disk, sectors);
}

static inline unsigned int apus_disk_block_size(struct gendisk *_Nonnull disk)
{
	return queue_logical_block_size(disk->queue);
}

static inline bool apus_disk_is_zoned(struct gendisk *_Nonnull disk)
{
	return blk_queue_is_zoned(disk->queue);
}

static inline bool apus_disk_read_only(struct gendisk *_Nonnull disk)
{
	return get_disk_ro(disk);
}

/* --- The operations of a disk --- */

/* How a disk is, or was, opened. */
enum apus_open_mode {
	APUS_OPEN_WRITE = 1 << 0,
	APUS_OPEN_EXCLUSIVE = 1 << 1,
	APUS_OPEN_NONBLOCK = 1 << 2,
	/* The ioctl comes from a 32-bit program. */
	APUS_OPEN_COMPAT = 1 << 3,
};

static inline unsigned int apus_open_mode(apus_compat_mode mode)
{
	return (mode & APUS_COMPAT_OPEN_WRITE ? APUS_OPEN_WRITE : 0) |
	       (mode & APUS_COMPAT_OPEN_EXCL ? APUS_OPEN_EXCLUSIVE : 0) |
	       (mode & APUS_COMPAT_OPEN_NDELAY ? APUS_OPEN_NONBLOCK : 0);
}

/*
 * Swift's table of a disk's operations (BlockMQ.DiskOperationsTable): the driver's functions, null
 * where the driver has none, and room for the kernel's table, which is filled in when a disk is
 * made. It is a static variable of the module, as in a C driver: the kernel reads it until the
 * block layer frees the disk.
 */
struct apus_disk_table {
	int (*open)(void *driver, unsigned int mode);
	void (*release)(void *driver);
	int (*control)(void *driver, unsigned int command, unsigned long argument,
		       unsigned int mode);
	int (*geometry)(void *driver, struct hd_geometry *geometry);
	int (*set_read_only)(void *driver, bool read_only);
	void (*swap_slot_freed)(void *driver, unsigned long page);
	int (*report_zones)(void *driver, void *report);
	/* Returns the length of the identifier, or an error. `id` has room for 16 bytes. */
	int (*unique_id)(void *driver, void *id, unsigned int type);
	/* Returns the sector, or an error. */
	long (*table_sector)(void *driver);
	unsigned int (*check_events)(void *driver, unsigned int clearing);
	int (*reserve)(void *driver, void *call);
	/*
	 * Makes data of the disk, which ends after the disk has ended and its last open handle is
	 * closed. Returns null and sets the error if the data cannot be made.
	 */
	void *(*make_data)(void *driver, int *error);
	void (*free_data)(void *data);
	void (*submit)(void *driver, void *bio);
	struct block_device_operations operations;
};

static_assert(sizeof(struct block_device_operations) <= 24 * sizeof(void *));

/*
 * A disk's operations reach the driver through this structure. A program that has the disk open may
 * call them even after the disk was removed. The in-flight count keeps such calls from a driver
 * that has ended, and makes the driver's end wait for the calls under way. The disk's owner and
 * each open handle hold a reference to this memory; all calls come through open handles or from the
 * owner.
 */
struct apus_disk_context {
	refcount_t owners;
	bool closed;
	struct apus_inflight inflight;
	void *driver;
	/* The driver's data, which was made with the disk, and the function that frees it. */
	void *data;
	void (*free_data)(void *data);
};

static inline struct apus_disk_context *apus_disk_enter(struct gendisk *disk)
{
	struct apus_disk_context *context = disk->private_data;

	/* Without the flag, overlapping calls could keep the count above 0 forever. */
	if (READ_ONCE(context->closed) || !atomic_inc_not_zero(&context->inflight.users))
		return NULL;
	return context;
}

static inline void apus_disk_leave(struct apus_disk_context *context)
{
	apus_inflight_put(&context->inflight);
}

static inline void apus_disk_context_put(struct apus_disk_context *context)
{
	if (!refcount_dec_and_test(&context->owners))
		return;
	if (context->data)
		context->free_data(context->data);
	kfree(context);
}

static inline struct apus_disk_table *apus_table(struct gendisk *disk)
{
	return container_of(disk->fops, struct apus_disk_table, operations);
}

static int apus_operation_open_disk(struct gendisk *disk, apus_compat_mode mode)
{
	struct apus_disk_context *context = apus_disk_enter(disk);
	int result = 0;

	if (!context)
		return -ENXIO;
	if (apus_table(disk)->open)
		result = apus_table(disk)->open(context->driver, apus_open_mode(mode));
	if (!result)
		refcount_inc(&context->owners);
	apus_disk_leave(context);
	return result;
}

static void apus_operation_release_disk(struct gendisk *disk)
{
	struct apus_disk_context *context = disk->private_data;

	if (apus_table(disk)->release && apus_disk_enter(disk)) {
		apus_table(disk)->release(context->driver);
		apus_disk_leave(context);
	}
	apus_disk_context_put(context);
}

#if APUS_OPENS_DISK
static int apus_operation_open(struct gendisk *disk, apus_compat_mode mode)
{
	return apus_operation_open_disk(disk, mode);
}

static void apus_operation_release(struct gendisk *disk)
{
	apus_operation_release_disk(disk);
}
#else
static int apus_operation_open(struct block_device *bdev, apus_compat_mode mode)
{
	return apus_operation_open_disk(bdev->bd_disk, mode);
}

static void apus_operation_release(struct gendisk *disk, apus_compat_mode mode)
{
	apus_operation_release_disk(disk);
}
#endif

static int apus_operation_control(struct block_device *bdev, apus_compat_mode mode,
				  unsigned int command, unsigned long argument)
{
	struct apus_disk_context *context = apus_disk_enter(bdev->bd_disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(bdev->bd_disk)->control(context->driver, command, argument,
						    apus_open_mode(mode));
	apus_disk_leave(context);
	return result;
}

#ifdef CONFIG_COMPAT
static int apus_operation_compat_control(struct block_device *bdev, apus_compat_mode mode,
					 unsigned int command, unsigned long argument)
{
	struct apus_disk_context *context = apus_disk_enter(bdev->bd_disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(bdev->bd_disk)->control(context->driver, command, (u32)argument,
						    apus_open_mode(mode) | APUS_OPEN_COMPAT);
	apus_disk_leave(context);
	return result;
}
#endif

static int apus_operation_geometry(struct block_device *bdev, struct hd_geometry *geometry)
{
	struct apus_disk_context *context = apus_disk_enter(bdev->bd_disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(bdev->bd_disk)->geometry(context->driver, geometry);
	apus_disk_leave(context);
	return result;
}

static int apus_operation_set_read_only(struct block_device *bdev, bool read_only)
{
	struct apus_disk_context *context = apus_disk_enter(bdev->bd_disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(bdev->bd_disk)->set_read_only(context->driver, read_only);
	apus_disk_leave(context);
	return result;
}

/*
 * The kernel counts the pages from the beginning of the swap device, which may be a partition. If a
 * partition does not begin at a page of the disk, its pages are none of the disk's, and the driver
 * is not told.
 */
static void apus_operation_swap_slot_freed(struct block_device *bdev, unsigned long page)
{
	struct apus_disk_context *context;
	sector_t start = get_start_sect(bdev);

	if (start & (PAGE_SECTORS - 1))
		return;
	context = apus_disk_enter(bdev->bd_disk);
	if (!context)
		return;
	apus_table(bdev->bd_disk)->swap_slot_freed(context->driver,
						   page + (start >> PAGE_SECTORS_SHIFT));
	apus_disk_leave(context);
}

/* The sector of an alternative GPT. The kernel asks for this only when it was booted with `gpt`. */
static int apus_operation_table_sector(struct gendisk *disk, sector_t *sector)
{
	struct apus_disk_context *context = apus_disk_enter(disk);
	long result;

	if (!context)
		return -ENXIO;
	result = apus_table(disk)->table_sector(context->driver);
	apus_disk_leave(context);
	if (result < 0)
		return result;
	*sector = result;
	return 0;
}

static inline void apus_disk_set_read_only(struct gendisk *disk, bool value)
{
	apus_assert_may_sleep();
	set_disk_ro(disk, value);
}

static int apus_operation_unique_id(struct gendisk *disk, u8 id[16], enum blk_unique_id type)
{
	struct apus_disk_context *context = apus_disk_enter(disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(disk)->unique_id(context->driver, id, type);
	apus_disk_leave(context);
	return result;
}

enum apus_disk_events {
	APUS_EVENT_MEDIA_CHANGE = DISK_EVENT_MEDIA_CHANGE,
	APUS_EVENT_EJECT_REQUEST = DISK_EVENT_EJECT_REQUEST,
};

static unsigned int apus_operation_check_events(struct gendisk *disk, unsigned int clearing)
{
	struct apus_disk_context *context = apus_disk_enter(disk);
	unsigned int events;

	if (!context)
		return 0;
	events = apus_table(disk)->check_events(context->driver, clearing);
	apus_disk_leave(context);
	return events & (DISK_EVENT_MEDIA_CHANGE | DISK_EVENT_EJECT_REQUEST);
}

/*
 * The operations of a disk that supports reservations. The reservation's type is one of the
 * kernel's types, but the kernel does not check it.
 */
enum apus_reservation_action {
	APUS_RESERVATION_REGISTER,
	APUS_RESERVATION_RESERVE,
	APUS_RESERVATION_RELEASE,
	APUS_RESERVATION_PREEMPT,
	APUS_RESERVATION_CLEAR,
};

struct apus_reservation_call {
	u64 key, new_key;
	unsigned int action, type;
	/*
	 * For a registration: ignore the old key. For a preemption: abort the commands of the
	 * preempted key.
	 */
	bool flag;
};

static inline int apus_operation_reserve(struct block_device *bdev,
					 struct apus_reservation_call call)
{
	struct apus_disk_context *context = apus_disk_enter(bdev->bd_disk);
	int result;

	if (!context)
		return -ENXIO;
	result = apus_table(bdev->bd_disk)->reserve(context->driver, &call);
	apus_disk_leave(context);
	return result;
}

static int apus_operation_pr_register(struct block_device *bdev, u64 old_key, u64 new_key,
				      u32 flags)
{
	if (flags & ~PR_FL_IGNORE_KEY)
		return -EOPNOTSUPP;
	return apus_operation_reserve(bdev, (struct apus_reservation_call){
		.action = APUS_RESERVATION_REGISTER, .key = old_key, .new_key = new_key,
		.flag = flags & PR_FL_IGNORE_KEY });
}

static int apus_operation_pr_reserve(struct block_device *bdev, u64 key, enum pr_type type,
				     u32 flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return apus_operation_reserve(bdev, (struct apus_reservation_call){
		.action = APUS_RESERVATION_RESERVE, .key = key, .type = type });
}

static int apus_operation_pr_release(struct block_device *bdev, u64 key, enum pr_type type)
{
	return apus_operation_reserve(bdev, (struct apus_reservation_call){
		.action = APUS_RESERVATION_RELEASE, .key = key, .type = type });
}

static int apus_operation_pr_preempt(struct block_device *bdev, u64 old_key, u64 new_key,
				     enum pr_type type, bool abort)
{
	return apus_operation_reserve(bdev, (struct apus_reservation_call){
		.action = APUS_RESERVATION_PREEMPT, .key = old_key, .new_key = new_key,
		.type = type, .flag = abort });
}

static int apus_operation_pr_clear(struct block_device *bdev, u64 key)
{
	return apus_operation_reserve(bdev, (struct apus_reservation_call){
		.action = APUS_RESERVATION_CLEAR, .key = key });
}

/* A report of at most `limit` zones, beginning with the zone that contains the sector `first`. */
struct apus_zone_report {
	struct gendisk *disk;
	report_zones_cb callback;
	void *data;
	/* `next`: the first sector at which the next zone may begin. */
	u64 first, next;
	unsigned int limit, count;
	int result;
};

/* Returns whether another zone is wanted. An error of the kernel's callback is in `result`. */
static inline bool apus_zone_report_add(struct apus_zone_report *report, u64 start, u64 length,
					u64 capacity, u64 write_pointer, u8 type, u8 condition,
					bool reset)
{
	struct blk_zone zone = {
		.start = start,
		.len = length,
		.capacity = capacity,
		.wp = write_pointer,
		.type = type,
		.cond = condition,
		.reset = reset,
	};

	u64 size = report->disk->queue->limits.chunk_sectors;

	if (report->result || report->count >= report->limit)
		return false;
	/*
	 * The kernel indexes zones by number. Before 6.10 it did not check the number against the
	 * disk's size.
	 */
	if (start < report->next || start >= get_capacity(report->disk) || start & (size - 1) ||
	    !length || length > size) {
		pr_err("%s: a zone of %llu sectors at %llu is reported, where none can be\n",
		       report->disk->disk_name, length, start);
		report->result = -EINVAL;
		return false;
	}
	report->next = start + size;
	report->result = report->callback(&zone, report->count, report->data);
	if (report->result)
		return false;
	report->count++;
	return report->count < report->limit;
}

static int apus_operation_report_zones(struct gendisk *disk, sector_t sector, unsigned int limit,
				       report_zones_cb callback, void *data)
{
	struct apus_disk_context *context = apus_disk_enter(disk);
	struct apus_zone_report report = {
		.disk = disk,
		.callback = callback,
		.data = data,
		.first = sector,
		.limit = min_t(unsigned int, limit, INT_MAX),
	};
	int result;

	if (!context)
		return -ENXIO;
	/* The kernel does not ask a disk without zones. If it did, every zone would be refused. */
	report.next = disk->queue->limits.chunk_sectors ?
			      round_down((u64)sector, disk->queue->limits.chunk_sectors) :
			      U64_MAX;
	result = apus_table(disk)->report_zones(context->driver, &report);
	apus_disk_leave(context);
	return result ?: report.result ?: (int)report.count;
}

/* For a bio-based disk: the driver gets the bio as it was submitted, and may keep it. */
static void apus_operation_submit(struct bio *bio)
{
	struct gendisk *disk = bio->bi_bdev->bd_disk;
	struct apus_disk_context *context = apus_disk_enter(disk);

	if (!context) {
		bio_io_error(bio);
		return;
	}
	if (unlikely(bio_op(bio) == REQ_OP_ZONE_APPEND) &&
	    apus_compat_emulates_append(disk->queue)) {
		bio->bi_status = BLK_STS_NOTSUPP;
		bio_endio(bio);
	} else {
		apus_table(disk)->submit(context->driver, bio);
	}
	apus_disk_leave(context);
}

/*
 * One table for all disks: each call finds the driver by the disk. It is in the module's static
 * memory, as the disk's table is.
 */
static const struct pr_ops apus_reservations = {
	.pr_register = apus_operation_pr_register,
	.pr_reserve = apus_operation_pr_reserve,
	.pr_release = apus_operation_pr_release,
	.pr_preempt = apus_operation_pr_preempt,
	.pr_clear = apus_operation_pr_clear,
};

/*
 * Defined in the module's glue. Its owner makes an open disk hold its module; its free_disk counts
 * apus_disks down.
 */
extern const struct block_device_operations apus_block_device_operations;

/*
 * Fills in the kernel's table. Another disk of the driver may be using the table, with the same
 * words. So each word is written once with its final value, and never cleared first.
 */
static inline void apus_table_fill(struct apus_disk_table *table)
{
	const struct block_device_operations operations = {
		.owner = apus_block_device_operations.owner,
		.free_disk = apus_block_device_operations.free_disk,
		.open = apus_operation_open,
		.release = apus_operation_release,
		.ioctl = table->control ? apus_operation_control : NULL,
#ifdef CONFIG_COMPAT
		.compat_ioctl = table->control ? apus_operation_compat_control : NULL,
#endif
		.getgeo = table->geometry ? apus_operation_geometry : NULL,
		.set_read_only = table->set_read_only ? apus_operation_set_read_only : NULL,
		.swap_slot_free_notify =
			table->swap_slot_freed ? apus_operation_swap_slot_freed : NULL,
		.report_zones = table->report_zones ? apus_operation_report_zones : NULL,
		.submit_bio = table->submit ? apus_operation_submit : NULL,
		.get_unique_id = table->unique_id ? apus_operation_unique_id : NULL,
		.alternative_gpt_sector = table->table_sector ? apus_operation_table_sector : NULL,
		.check_events = table->check_events ? apus_operation_check_events : NULL,
		.pr_ops = table->reserve ? &apus_reservations : NULL,
	};
	const unsigned long *from = (const unsigned long *)&operations;
	unsigned long *to = (unsigned long *)&table->operations;
	unsigned int i;

	for (i = 0; i < sizeof(operations) / sizeof(*to); i++)
		WRITE_ONCE(to[i], from[i]);
}

#if APUS_DEVICE_IS_FILE
struct apus_disk_addition {
	struct work_struct work;
	struct gendisk *disk;
	int result;
};

static void apus_disk_addition_work(struct work_struct *work)
{
	struct apus_disk_addition *addition = container_of(work, struct apus_disk_addition, work);

	addition->result = add_disk(addition->disk);
}

/* The scan for partitions opens and closes the disk. */
static inline int apus_disk_add_here(struct gendisk *disk)
{
	struct apus_disk_addition addition = { .disk = disk };

	apus_file_work_run(&addition.work, apus_disk_addition_work);
	return addition.result;
}
#else
static inline int apus_disk_add_here(struct gendisk *disk)
{
	return add_disk(disk);
}
#endif

/*
 * The number of disks that were added and that the block layer has not freed yet. Defined in the
 * module's glue.
 */
extern atomic_t apus_disks;

static noinline __maybe_unused int apus_disk_add(struct gendisk *disk)
{
	struct apus_tag_set *tags = apus_tag_set_of(disk->queue);
	int result;

	/* The kernel reads the partition table. */
	if (!apus_may_wait_for_io())
		return -EAGAIN;
	if (!apus_tag_set_pin(tags))
		return -EBUSY;
	atomic_inc(&apus_disks);
	result = apus_disk_add_here(disk);
	apus_tag_set_unpin(tags);
	/* The block layer does not call free_disk for a disk that could not be added. */
	if (result)
		atomic_dec(&apus_disks);
	return result;
}

/*
 * Removes a disk in bounded time. del_gendisk writes out dirty data and waits for the requests in
 * flight. It would wait forever for a driver that holds back a request forever. So del_gendisk runs
 * in a work item. The disk's owner waits for as long as a request may take, and can then detach the
 * driver from the disk.
 */
struct apus_disk_handle {
	/* The thread that removes the disk, or null if it could not be made: the work item then. */
	struct task_struct *remover;
	struct work_struct work;
	struct completion done;
	struct gendisk *disk;
	/* Null for a driver without disk operations. */
	struct apus_disk_context *context;
	/* Null without lockdep. */
	struct lock_class_key *flush_key;
	/* When the removal began, in nanoseconds. */
	u64 since;
};

#ifdef CONFIG_LOCKDEP
/*
 * If a disk lies on another one, the flush locks of both are taken, the upper one's first. By
 * default both belong to one class, and lockdep sees one lock that is taken twice. So each disk's
 * flush locks get a class of their own, as in drivers/nvme/target/loop.c. Hardware queues that are
 * added later keep the default class, and so do all if the allocation fails.
 */
static inline void apus_handle_classify(struct apus_disk_handle *handle)
{
	struct request_queue *queue = handle->disk->queue;
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	handle->flush_key =
		queue_is_mq(queue) ? kzalloc(sizeof(*handle->flush_key), GFP_KERNEL) : NULL;
	if (!handle->flush_key)
		return;
	lockdep_register_key(handle->flush_key);
	/* Under RCU the hardware queues stay, see apus_tag_set_change_begin. */
	rcu_read_lock();
	queue_for_each_hw_ctx(queue, hctx, i)
		blk_mq_hctx_set_fq_lock_class(hctx, handle->flush_key);
	rcu_read_unlock();
}

static inline void apus_handle_declassify(struct apus_disk_handle *handle)
{
	if (!handle->flush_key)
		return;
	lockdep_unregister_key(handle->flush_key);
	kfree(handle->flush_key);
}
#else
static inline void apus_handle_classify(struct apus_disk_handle *handle)
{
	handle->flush_key = NULL;
}

static inline void apus_handle_declassify(struct apus_disk_handle *handle)
{
}
#endif

/* Returns a non-null pointer, so that Swift does not have to check for null. */
static inline struct gendisk *_Nonnull apus_handle_disk(const struct apus_disk_handle *handle)
{
	return handle->disk;
}

static inline struct request_queue *_Nonnull apus_handle_queue(
	const struct apus_disk_handle *handle)
{
	return handle->disk->queue;
}

static int apus_handle_remove(void *data)
{
	struct apus_disk_handle *handle = data;
	struct apus_tag_set *tags = apus_tag_set_of(handle->disk->queue);

	/* This task is never within a change of the number of hardware queues. */
	apus_tag_set_pin(tags);
	del_gendisk(handle->disk);
	apus_tag_set_unpin(tags);
	complete_all(&handle->done);
	return 0;
}

static void apus_handle_work(struct work_struct *work)
{
	apus_handle_remove(container_of(work, struct apus_disk_handle, work));
}

static inline void apus_handle_init(struct apus_disk_handle *handle, struct gendisk *disk)
{
	handle->disk = disk;
	handle->context = NULL;
	handle->remover = NULL;
	INIT_WORK(&handle->work, apus_handle_work);
	init_completion(&handle->done);
	apus_handle_classify(handle);
}

/*
 * The end of a disk waits for changes of the number of hardware queues. So it must not be part of
 * such a change, like the end of a hardware queue's data that owns a disk.
 */
static inline void apus_handle_assert_not_changing(struct apus_disk_handle *handle)
{
	if (apus_tag_set_is_changing(apus_tag_set_of(handle->disk->queue))) {
		pr_err("%s: a disk ends within a change of its tag set\n",
		       module_name(THIS_MODULE));
		BUG();
	}
}

/*
 * Prepares the disk to be added. From here on its operations reach the driver. Revalidates the
 * zones of a zoned disk. apus_handle_discard undoes this.
 */
static inline int apus_disk_prepare(struct apus_disk_handle *handle, void *driver,
				    struct apus_disk_table *table, const char *name, u64 sectors)
{
	struct gendisk *disk = handle->disk;

	disk->fops = &apus_block_device_operations;
	if (table) {
		struct apus_disk_context *context = kzalloc(sizeof(*context), GFP_KERNEL);

		if (!context)
			return -ENOMEM;
		refcount_set(&context->owners, 1);
		apus_inflight_init(&context->inflight);
		context->driver = driver;
		apus_table_fill(table);
		handle->context = context;
		if (table->make_data) {
			int error = 0;

			context->free_data = table->free_data;
			context->data = table->make_data(driver, &error);
			if (error)
				return error;
		}
		disk->private_data = context;
		disk->fops = &table->operations;
		if (table->check_events) {
			disk->events = DISK_EVENT_MEDIA_CHANGE | DISK_EVENT_EJECT_REQUEST;
			disk->event_flags = DISK_EVENT_FLAG_POLL | DISK_EVENT_FLAG_UEVENT;
		}
	}
	disk->queue->queuedata = driver;
	strscpy(disk->disk_name, name, DISK_NAME_LEN);
	set_capacity(disk, sectors);
#ifdef CONFIG_BLK_DEV_ZONED
	if (blk_queue_is_zoned(disk->queue))
		return apus_compat_revalidate_zones(disk);
#endif
	return 0;
}

/*
 * For a disk that is gone or was never added: detaches the queue from the driver, and waits for the
 * callers that have entered the queue.
 */
static inline void apus_handle_forget(struct apus_disk_handle *handle)
{
	apus_assert_may_sleep();
	WRITE_ONCE(handle->disk->queue->queuedata, NULL);
	synchronize_rcu();
}

/*
 * Call this after apus_handle_forget or apus_handle_abandon. Puts the reference of
 * apus_alloc_disk and the owner's reference to the context.
 */
static inline void apus_handle_put(struct apus_disk_handle *handle)
{
	struct request_queue *queue = handle->disk->queue;
	struct apus_tag_set *tags = apus_tag_set_of(queue);
	struct blk_mq_hw_ctx *hctx;

	/* A disk that was never added is still in its tag set's list, where a change finds it. */
	apus_tag_set_pin(tags);
	if (tags) {
		/*
		 * Not when the queue is freed: an open handle may keep the queue longer than the
		 * disk.
		 */
		apus_tag_set_remove_disk(tags);
		/* Cancels work that was queued while the disk was removed. */
		cancel_delayed_work_sync(&queue->requeue_work);
		list_for_each_entry(hctx, &queue->unused_hctx_list, hctx_list)
			cancel_delayed_work_sync(&hctx->run_work);
	}
	/* If the disk was never added, its hardware queues end here. */
	put_disk(handle->disk);
	apus_tag_set_unpin(tags);
	apus_handle_declassify(handle);
	if (handle->context)
		apus_disk_context_put(handle->context);
}

/* Gives up a disk that was never added. */
static inline void apus_handle_discard(struct apus_disk_handle *handle)
{
	apus_handle_assert_not_changing(handle);
	apus_handle_forget(handle);
	apus_handle_put(handle);
}

/*
 * From here on the disk's operations do not call the driver, and the calls that did have returned.
 * The disk can still be opened as long as its removal is not complete; the open then fails.
 */
static inline void apus_handle_close(struct apus_disk_handle *handle)
{
	struct apus_disk_context *context = handle->context;

	if (!context)
		return;
	WRITE_ONCE(context->closed, true);
	apus_inflight_drain(&context->inflight);
}

/*
 * Begins the removal, and waits for as long as a request of this disk may take. Returns whether the
 * removal is complete.
 *
 * The removal has a thread of its own. Drivers can fill the system's workqueues with items that
 * wait for removals.
 */
static noinline __maybe_unused bool apus_handle_try(struct apus_disk_handle *handle)
{
	struct task_struct *remover;

	apus_assert_may_sleep();
	apus_handle_assert_not_changing(handle);
	handle->since = ktime_get_ns();
	remover = kthread_create(apus_handle_remove, handle, "end-%s", handle->disk->disk_name);
	if (IS_ERR(remover)) {
		/* There is no memory, or this task is being killed. */
		queue_work(system_unbound_wq, &handle->work);
	} else {
		handle->remover = get_task_struct(remover);
		wake_up_process(remover);
	}
	return wait_for_completion_timeout(&handle->done, handle->disk->queue->rq_timeout) != 0;
}

/*
 * From here on the driver is not called, and requests fail with an I/O error without it. The calls
 * under way have ended: the quiesce waits for queue_rq, blk_sync_queue for the timeout work, and
 * synchronize_rcu for the others.
 */
static inline void apus_handle_abandon(struct apus_disk_handle *handle)
{
	struct request_queue *queue = handle->disk->queue;

	apus_assert_may_sleep();
	blk_mq_quiesce_queue(queue);
	WRITE_ONCE(queue->queuedata, NULL);
	blk_mq_unquiesce_queue(queue);
	blk_sync_queue(queue);
	synchronize_rcu();
	/* Dispatches what the driver held back. It fails without the driver. */
	blk_mq_start_stopped_hw_queues(queue, true);
	blk_mq_kick_requeue_list(queue);
}

/*
 * Returns the data of one of the disk's hardware queues, which the caller owns from here on, or
 * null if there is none.
 */
static inline void *apus_handle_take_data(struct apus_disk_handle *handle, unsigned int index)
{
	struct request_queue *queue = handle->disk->queue;
	struct blk_mq_hw_ctx *hctx;
	void *data = NULL;
	unsigned long i;

	/* Under RCU the hardware queues stay, see apus_tag_set_change_begin. */
	rcu_read_lock();
	queue_for_each_hw_ctx(queue, hctx, i) {
		if (i == index) {
			data = xchg(&hctx->driver_data, NULL);
			break;
		}
	}
	rcu_read_unlock();
	return data;
}

/* Dispatches what was held back. It fails without a driver. */
static inline void apus_handle_push(struct apus_disk_handle *handle)
{
	blk_mq_start_stopped_hw_queues(handle->disk->queue, true);
	blk_mq_kick_requeue_list(handle->disk->queue);
}

/*
 * Waits for the removal to complete, at most this long, and at most as long as a request may take.
 * Returns whether it is complete.
 */
static inline bool apus_handle_wait(struct apus_disk_handle *handle, unsigned int milliseconds)
{
	unsigned long limit = min_t(unsigned long, msecs_to_jiffies(milliseconds),
				    handle->disk->queue->rq_timeout);

	return wait_for_completion_timeout(&handle->done, limit) != 0;
}

/* What the log says about a request that the end of a disk waits for. */
struct apus_held_request {
	u64 sector, start;
	unsigned int hardware_queue, bytes;
	enum req_op operation;
	int tag;
	bool started;
};

enum {
	APUS_HELD_REQUESTS = 8,
};

/*
 * Collects the queue's requests that have a tag, under the lock of `tags`, under which none of its
 * requests is freed. Returns the number of requests found so far.
 */
static inline unsigned int apus_tags_held(struct blk_mq_tags *tags, struct request_queue *queue,
					  struct apus_held_request *held, unsigned int count)
{
	unsigned long flags;
	unsigned int tag;

	spin_lock_irqsave(&tags->lock, flags);
	for (tag = 0; tag < tags->nr_tags; tag++) {
		struct request *request = tags->rqs[tag];
		struct blk_mq_hw_ctx *hctx;

		if (!request || request->q != queue || request->tag != (int)tag ||
		    !atomic_read(&request->ref))
			continue;
		hctx = READ_ONCE(request->mq_hctx);
		if (held && count < APUS_HELD_REQUESTS)
			held[count] = (struct apus_held_request){
				.sector = blk_rq_pos(request),
				.bytes = blk_rq_bytes(request),
				.operation = req_op(request),
				.start = request->start_time_ns,
				.tag = tag,
				.started = blk_mq_request_started(request),
				.hardware_queue = hctx ? hctx->queue_num : 0,
			};
		count++;
	}
	spin_unlock_irqrestore(&tags->lock, flags);
	return count;
}

/*
 * Returns the number of the disk's requests that have a tag: those that the block layer dispatches,
 * and those that Swift values stand for. The usage reference keeps the tag set's requests from
 * being freed, as in apus_queue_sweep_timers.
 */
static inline unsigned int apus_handle_held(struct apus_disk_handle *handle,
					    struct apus_held_request *held)
{
	struct request_queue *queue = handle->disk->queue;
	struct blk_mq_tag_set *set = queue->tag_set;
	unsigned int i, count = 0;

	if (!percpu_ref_tryget(&queue->q_usage_counter))
		return 0;
	for (i = 0; i < (set->flags & BLK_MQ_F_TAG_HCTX_SHARED ? 1 : set->nr_hw_queues); i++) {
		if (set->tags[i])
			count = apus_tags_held(set->tags[i], queue, held, count);
	}
	percpu_ref_put(&queue->q_usage_counter);
	return count;
}

/* Logs what the end of a disk waits for. */
static inline void apus_handle_report(struct apus_disk_handle *handle)
{
	struct apus_held_request held[APUS_HELD_REQUESTS];
	const char *name = handle->disk->disk_name;
	u64 now = ktime_get_ns();
	unsigned int i, count;

	count = queue_is_mq(handle->disk->queue) ? apus_handle_held(handle, held) : 0;
	if (!count) {
		pr_warn("%s: its end waits for %llu s, with no request that a driver could have\n",
			name, (now - handle->since) / NSEC_PER_SEC);
		return;
	}
	for (i = 0; i < min_t(unsigned int, count, APUS_HELD_REQUESTS); i++) {
		u64 start = held[i].start && held[i].start < now ? held[i].start : handle->since;

		pr_warn("%s: its end waits for a request that is kept elsewhere: hardware queue %u, tag %d, %s, sector %llu, %u bytes, %sstarted, for %llu s\n",
			name, held[i].hardware_queue, held[i].tag, blk_op_str(held[i].operation),
			held[i].sector, held[i].bytes, held[i].started ? "" : "not ",
			(now - start) / NSEC_PER_SEC);
	}
	if (count > APUS_HELD_REQUESTS)
		pr_warn("%s: and for %u more\n", name, count - APUS_HELD_REQUESTS);
}

/* Ends the disk's data, even if the disk is still open. The owner's reference keeps the context. */
static inline void apus_handle_end_data(struct apus_disk_handle *handle)
{
	struct apus_disk_context *context = handle->context;
	void *data = context ? xchg(&context->data, NULL) : NULL;

	if (data)
		context->free_data(data);
}

/*
 * Waits for the removal to complete, and puts the reference of apus_alloc_disk. The disk cannot be
 * opened any more, so no further handle takes a reference to the context. (The end of a bio-based
 * disk may wait here for writes that do not end.)
 */
static inline void apus_handle_finish(struct apus_disk_handle *handle)
{
	apus_assert_may_sleep();
	while (!apus_handle_wait(handle, 30 * MSEC_PER_SEC))
		apus_handle_report(handle);
	/* The thread or the work item may still be on its last instructions. */
	if (handle->remover) {
		kthread_stop(handle->remover);
		put_task_struct(handle->remover);
	}
	flush_work(&handle->work);
	/*
	 * A request that was held back may be on its way to the requeue list, and the list's work
	 * about to be queued (apus_request_requeue). If the driver may sleep, the block layer has
	 * waited for SRCU readers only.
	 */
	synchronize_rcu();
	apus_handle_put(handle);
}

#endif

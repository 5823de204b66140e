/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/Block: other block devices, and bios to them. */
#ifndef APUS_BIO_H
#define APUS_BIO_H

/* --- In-flight counts: the owner holds one reference; its end waits for the others. --- */

struct apus_inflight {
	atomic_t users;
	struct completion empty;
};

static inline void apus_inflight_init(struct apus_inflight *inflight)
{
	atomic_set(&inflight->users, 1);
	init_completion(&inflight->empty);
}

static inline void apus_inflight_get(struct apus_inflight *inflight)
{
	atomic_inc(&inflight->users);
}

/*
 * The count may be freed after this: the waiter continues when it has left the completion's lock.
 */
static inline void apus_inflight_put(struct apus_inflight *inflight)
{
	if (atomic_dec_and_test(&inflight->users))
		complete(&inflight->empty);
}

/*
 * Not inlined: a section lists each instruction with a lock prefix, and so keeps its function, and
 * what that calls, in every module. A driver that does not use device mapper would otherwise
 * contain the end of a dm-io client.
 */
static noinline __maybe_unused void apus_inflight_drain(struct apus_inflight *inflight)
{
	apus_assert_may_sleep();
	apus_inflight_put(inflight);
	wait_for_completion(&inflight->empty);
}

/*
 * As apus_inflight_drain, but waits for at most 30 s. Returns whether all users have left. If they
 * have not, the count must stay.
 */
static noinline __maybe_unused bool apus_inflight_drain_soon(struct apus_inflight *inflight)
{
	apus_assert_may_sleep();
	apus_inflight_put(inflight);
	return wait_for_completion_timeout(&inflight->empty, 30 * HZ) != 0;
}

/*
 * Whether this task may sleep, as far as this kernel can tell. It may not under a spin lock, nor in
 * the handler of a bio's end, which the library always runs as an RCU reader.
 */
static inline bool apus_may_sleep(void)
{
	return !in_atomic() && !irqs_disabled() && !rcu_preempt_depth();
}

/*
 * Whether this task can wait for I/O that it submits. Within a submission, the bios that a task
 * submits do not start until the submission returns. Nor do the bios whose completion would make
 * room in dm-io's bio sets.
 */
static inline bool apus_may_wait_for_io(void)
{
	return apus_may_sleep() && !current->bio_list;
}

/*
 * A request must not enter a plug whose requests are being issued. A request that is submitted from
 * within `queue_rq`, or from a completion there, would do so, and blk_add_rq_to_plug would read
 * through a null pointer for the next request (6.1). Only the block layer knows that the plug is
 * being issued. But a plug without requests can be finished for the duration of a call. This gives
 * back the requests that it has cached, as a wait would, and the request bypasses it. Within a
 * submission nothing enters a plug: the bio is put into the task's bio_list.
 */
static inline struct blk_plug *apus_plug_hide(void)
{
	struct blk_plug *plug = current->plug;

	if (!plug || current->bio_list || plug->rq_count || !list_empty(&plug->cb_list))
		return NULL;
	blk_finish_plug(plug);
	return plug;
}

static inline void apus_plug_show(struct blk_plug *hidden)
{
	if (hidden)
		current->plug = hidden;
}

/* --- Another block device --- */

struct apus_device {
	/* Closes it when the module ends, if its value ended where that could not wait. */
	struct apus_left_over left;
	struct apus_inflight inflight;
	struct block_device *bdev;
	/* Whether it was opened for writing. The block layer does not check that. */
	bool is_writable;
#if APUS_DEVICE_IS_FILE
	struct file *file;
#else
	fmode_t mode;
#endif
};

#if APUS_DEVICE_IS_FILE
/* Defined in the module's glue: whether the module's start is under way. */
extern bool apus_is_starting;

/*
 * Runs a function that may open or close the file of a block device, with its work on the stack. A
 * task's file is closed when the task returns to user space. If the module's start fails, its
 * memory is freed before that, and the device may be the module's own. So a kernel thread runs the
 * function while the module starts; the glue waits for what that thread closes.
 */
static noinline __maybe_unused void apus_file_work_run(struct work_struct *work,
						       work_func_t function)
{
	INIT_WORK_ONSTACK(work, function);
	if (READ_ONCE(apus_is_starting) && !(current->flags & PF_KTHREAD)) {
		queue_work(system_unbound_wq, work);
		flush_work(work);
	} else {
		function(work);
	}
	destroy_work_on_stack(work);
}

struct apus_device_work {
	struct work_struct work;
	/* The file that is to be closed, or that was opened. */
	struct file *file;
	dev_t number;
	blk_mode_t mode;
	void *holder;
};

/* bdev_file_open_by_path, from where it has the device's number. */
static void apus_device_work_open(struct work_struct *work)
{
	struct apus_device_work *call = container_of(work, struct apus_device_work, work);

	call->file = bdev_file_open_by_dev(call->number, call->mode, call->holder, NULL);
	if (!IS_ERR(call->file) && call->mode & BLK_OPEN_WRITE &&
	    bdev_read_only(file_bdev(call->file))) {
		bdev_fput(call->file);
		call->file = ERR_PTR(-EACCES);
	}
}

static void apus_device_work_close(struct work_struct *work)
{
	bdev_fput(container_of(work, struct apus_device_work, work)->file);
}
#endif

/*
 * White space around the path, such as a newline, is ignored. The structure is the holder of an
 * exclusive open.
 */
static inline int apus_device_open(struct apus_device *device, const char *text, size_t most,
				   bool write, bool exclusive)
{
	char *copy, *path;
	int result = 0;

	apus_assert_may_sleep();
	/* The kernel may read the partition table. */
	if (!apus_may_wait_for_io())
		return -EAGAIN;
	copy = kstrndup(text, most, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	path = strim(copy);
	apus_inflight_init(&device->inflight);
	device->is_writable = write;
#if APUS_DEVICE_IS_FILE
	{
		struct apus_device_work call = {
			.mode = BLK_OPEN_READ | (write ? BLK_OPEN_WRITE : 0),
			.holder = exclusive ? device : NULL,
		};

		result = lookup_bdev(path, &call.number);
		if (!result) {
			apus_file_work_run(&call.work, apus_device_work_open);
			if (IS_ERR(call.file)) {
				result = PTR_ERR(call.file);
			} else {
				device->file = call.file;
				device->bdev = file_bdev(call.file);
			}
		}
	}
#else
	{
		fmode_t mode = FMODE_READ | (write ? FMODE_WRITE : 0) |
			       (exclusive ? FMODE_EXCL : 0);
		struct block_device *bdev = blkdev_get_by_path(path, mode, device);

		if (IS_ERR(bdev)) {
			result = PTR_ERR(bdev);
		} else {
			device->bdev = bdev;
			device->mode = mode;
		}
	}
#endif
	kfree(copy);
	return result;
}

static inline void apus_device_close(struct apus_device *device)
{
#if APUS_DEVICE_IS_FILE
	struct apus_device_work call = { .file = device->file };

	apus_file_work_run(&call.work, apus_device_work_close);
#else
	blkdev_put(device->bdev, device->mode);
#endif
}

/*
 * Waits for the bios to the device and for their handlers, which are RCU readers. Then closes it
 * and frees the memory.
 */
static noinline __maybe_unused void apus_device_end(struct apus_device *device)
{
	apus_inflight_drain(&device->inflight);
	synchronize_rcu();
	apus_device_close(device);
	kfree(device);
	apus_unregistered();
}

static int apus_device_take_back(struct apus_left_over *left, bool is_over)
{
	apus_device_end(container_of(left, struct apus_device, left));
	return 0;
}

/* Leaves the device open until the module ends. Context: any. */
static noinline __maybe_unused void apus_device_leave(struct apus_device *device)
{
	device->left.take_back = apus_device_take_back;
	apus_leave_over(&device->left);
}

static inline u64 apus_device_sectors(const struct apus_device *device)
{
	return bdev_nr_sectors(device->bdev);
}

static inline bool apus_device_read_only(const struct apus_device *device)
{
	return bdev_read_only(device->bdev);
}

static inline unsigned int apus_device_number(const struct apus_device *device)
{
	return device->bdev->bd_dev;
}

static inline int apus_device_flush(const struct apus_device *device)
{
	apus_assert_may_sleep();
	return apus_may_wait_for_io() ? blkdev_issue_flush(device->bdev) : -EAGAIN;
}

/* Reads the disk's identifier. Returns its length, or an error. `id` has room for 16 bytes. */
static inline int apus_device_unique_id(const struct apus_device *device, void *id,
					unsigned int type)
{
	struct gendisk *disk = device->bdev->bd_disk;

	apus_assert_may_sleep();
	if (!disk->fops->get_unique_id)
		return -EOPNOTSUPP;
	return disk->fops->get_unique_id(disk, id, type);
}

/* The device's name, as %pg prints it. */
static inline void apus_device_name(const struct apus_device *device, char *text, size_t size)
{
	snprintf(text, size, "%pg", device->bdev);
}

enum {
	APUS_DEVICE_NAME_SIZE = BDEVNAME_SIZE,
};

/*
 * --- Checks of bios for a device: what the block layer does not check on every kernel ---
 *
 * The block layer checks that a bio with bytes ends before the device does (bio_check_eod), and
 * that the device supports the operation. It does not check the range of a bio without bytes;
 * whether a bio consists of whole blocks (before 6.12, and for bio-based devices); flags that do
 * not fit the operation (6.12 warns); and whether it can split the bio where the device's limits
 * require a split (if it cannot, it stops the kernel).
 */

/* The flags that fit every operation. */
#define APUS_COMMON_FLAGS \
	(REQ_FAILFAST_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_NOMERGE | REQ_IDLE | \
	 REQ_BACKGROUND | REQ_SWAP)

/*
 * The flags that a bio of the driver's own can have. The other flags of a request belong to the
 * block layer: they describe memory of its bio, such as integrity data, which another bio does not
 * have. REQ_POLLED is left out as well, because nothing polls for such a bio.
 */
#define APUS_KNOWN_FLAGS \
	(APUS_COMMON_FLAGS | REQ_FUA | REQ_PREFLUSH | REQ_RAHEAD | REQ_NOWAIT | REQ_NOUNMAP | \
	 (__force blk_opf_t)APUS_REQ_ATOMIC)

/* Returns the flags that fit an operation, or 0 if a bio cannot have the operation. */
static inline blk_opf_t apus_fitting_flags(u32 operation)
{
	switch ((__force enum req_op)operation) {
	case REQ_OP_READ:
		return APUS_COMMON_FLAGS | REQ_RAHEAD | REQ_NOWAIT;
	case REQ_OP_WRITE:
		return APUS_COMMON_FLAGS | REQ_FUA | REQ_PREFLUSH | REQ_NOWAIT |
		       (__force blk_opf_t)APUS_REQ_ATOMIC;
	case REQ_OP_ZONE_APPEND:
		return APUS_COMMON_FLAGS | REQ_FUA | REQ_PREFLUSH | REQ_NOWAIT;
	case REQ_OP_FLUSH:
		return APUS_COMMON_FLAGS | REQ_FUA | REQ_PREFLUSH;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		return APUS_COMMON_FLAGS | REQ_NOWAIT;
	case REQ_OP_WRITE_ZEROES:
		return APUS_COMMON_FLAGS | REQ_NOWAIT | REQ_NOUNMAP;
	case REQ_OP_ZONE_OPEN:
	case REQ_OP_ZONE_CLOSE:
	case REQ_OP_ZONE_FINISH:
	case REQ_OP_ZONE_RESET:
	case REQ_OP_ZONE_RESET_ALL:
		return APUS_COMMON_FLAGS;
	default:
		return 0;
	}
}

/*
 * Turns the flags into those that the block layer may see. Returns false if they do not fit the
 * operation, or if a bio cannot have the operation.
 */
static inline bool apus_flags_fit(u32 operation, u32 *flags)
{
	blk_opf_t fitting = apus_fitting_flags(operation),
		  wanted = (__force blk_opf_t)*flags & APUS_KNOWN_FLAGS;

	if (!fitting || (wanted & ~fitting))
		return false;
	/*
	 * Read-ahead fails fast for every reason. The block layer warns if a request mixes it with
	 * bios that have only some of the failfast flags (blk_rq_set_mixed_merge).
	 */
	if (wanted & REQ_RAHEAD)
		wanted |= REQ_FAILFAST_MASK;
	*flags = (__force u32)wanted;
	return true;
}

/*
 * For operations without bytes. A zone is named by its first sector. (A device without zones does
 * not support these operations.)
 */
static inline bool apus_zone_fits(struct block_device *bdev, enum req_op operation, u64 sector)
{
	u64 zone = bdev_zone_sectors(bdev);

	if (!bdev_is_zoned(bdev))
		return true;
	if (bdev_is_partition(bdev) || !zone)
		return false;
	if (operation == REQ_OP_ZONE_RESET_ALL)
		return !sector;
	return sector < bdev_nr_sectors(bdev) && !(sector & (zone - 1));
}

/*
 * Whether each part into which the block layer may split a bio's memory is a multiple of a unit.
 * The block layer rounds down where it splits, and stops the kernel if nothing is left. The parts
 * are multiples if each entry but the last consists of whole units.
 */
static inline bool apus_bio_is_of(struct bio *bio, unsigned int unit)
{
	unsigned int left = bio->bi_iter.bi_size;
	struct bvec_iter iter;
	struct bio_vec vector;

	bio_for_each_bvec(vector, bio, iter) {
		left -= vector.bv_len;
		if (left && vector.bv_len & (unit - 1))
			return false;
	}
	return true;
}

/*
 * Whether an append reaches the device undivided. The block layer cannot split an append, and not
 * every kernel refuses one that would need a split.
 */
static inline bool apus_append_fits(struct block_device *bdev, struct bio *bio)
{
	struct request_queue *queue = bdev_get_queue(bdev);
	const struct queue_limits *limits = &queue->limits;
	unsigned int longest = bdev_max_zone_append_sectors(bdev),
		     unit = limits->physical_block_size >> SECTOR_SHIFT, count = 0;
	unsigned long gaps = queue_virt_boundary(queue), before = 0;
	struct bvec_iter iter;
	struct bio_vec vector;

	if (unit && longest >= unit)
		longest -= longest % unit;
	if (bio_sectors(bio) > longest)
		return false;
	bio_for_each_bvec(vector, bio, iter) {
		phys_addr_t start = page_to_phys(vector.bv_page) + vector.bv_offset;

		if (count && ((before | vector.bv_offset) & gaps))
			return false;
		before = vector.bv_offset + vector.bv_len;
		count += DIV_ROUND_UP(vector.bv_len, limits->max_segment_size);
		if ((start | limits->seg_boundary_mask) !=
		    ((start + vector.bv_len - 1) | limits->seg_boundary_mask))
			count += vector.bv_len >> PAGE_SHIFT;
	}
	return count <= limits->max_segments;
}

/*
 * Whether a device can take a bio at a sector of that device. `is_divided` says that the bio's
 * memory need not consist of blocks of this size. (Not inlined: a read or write to a device with
 * blocks of 512 bytes does not get here.)
 */
static noinline __maybe_unused bool apus_io_fits(struct block_device *bdev, struct bio *bio,
						 u64 sector, bool is_divided)
{
	enum req_op operation = bio_op(bio);
	unsigned int bytes = bio->bi_iter.bi_size, unit = bdev_logical_block_size(bdev);

	if (op_is_zone_mgmt(operation))
		return !bytes && apus_zone_fits(bdev, operation, sector);
	/* A flush is an empty write. Drivers do not expect any other empty bio. */
	if (!bytes)
		return operation == REQ_OP_WRITE && bio->bi_opf & REQ_PREFLUSH;
	if (((u32)(sector << SECTOR_SHIFT) | bytes) & (unit - 1))
		return false;
	if (operation == REQ_OP_SECURE_ERASE && bdev_max_secure_erase_sectors(bdev))
		return bio_sectors(bio) <= bdev_max_secure_erase_sectors(bdev);
	/* The block layer refuses an append to a device without zones. */
	if (operation == REQ_OP_ZONE_APPEND && bdev_is_zoned(bdev) && !apus_append_fits(bdev, bio))
		return false;
	if ((__force u32)bio->bi_opf & (u32)APUS_REQ_ATOMIC &&
	    (!is_power_of_2(bytes) || (sector << SECTOR_SHIFT) & (bytes - 1)))
		return false;
	if (op_is_write(operation) && bdev_is_zoned(bdev)) {
		is_divided |= bdev_zone_write_granularity(bdev) > unit;
		unit = max(unit, bdev_zone_write_granularity(bdev));
	}
	return !is_divided || !bio_has_data(bio) || apus_bio_is_of(bio, unit);
}

/*
 * Whether the alignment of a bio's memory suits a device, if it suits the bio's present device. The
 * block layer does not check that, and drivers rely on it (dm-integrity counts a piece's bytes down
 * by whole sectors).
 */
static noinline __maybe_unused bool apus_memory_fits(struct block_device *bdev, struct bio *bio)
{
	unsigned int mask = bdev_dma_alignment(bdev);
	struct bvec_iter iter;
	struct bio_vec vector;

	if (!bio_has_data(bio) || !(mask & ~bdev_dma_alignment(bio->bi_bdev)))
		return true;
	bio_for_each_bvec(vector, bio, iter) {
		if ((vector.bv_offset | vector.bv_len) & mask)
			return false;
	}
	return true;
}

/*
 * The same checks for a bio that was made for another device, and has that device's blocks. The bio
 * is sent on unchanged.
 */
static noinline __maybe_unused bool apus_io_fits_again(struct block_device *bdev, struct bio *bio,
						       u64 sector)
{
	return apus_io_fits(bdev, bio, sector,
			    bdev_logical_block_size(bdev) >
				    bdev_logical_block_size(bio->bi_bdev)) &&
	       apus_memory_fits(bdev, bio);
}

/*
 * Whether no further check is needed: for a read or write of at least one byte, to a device with
 * blocks of 512 bytes whose memory alignment is at most a sector.
 */
static inline bool apus_io_is_plain(struct block_device *bdev, const struct bio *bio)
{
	const struct queue_limits *limits = &bdev_get_queue(bdev)->limits;

	return likely((limits->logical_block_size | limits->zone_write_granularity |
		       (limits->dma_alignment & ~(SECTOR_SIZE - 1))) == SECTOR_SIZE &&
		      (__force u32)bio_op(bio) <= (__force u32)REQ_OP_WRITE &&
		      bio->bi_iter.bi_size);
}

/* What a disk can promise that lies on the device from a sector on. */
struct apus_stacked_limits {
	unsigned int logical_block_size, physical_block_size, max_hw_sectors;
	unsigned int max_discard_sectors, discard_granularity, max_write_zeroes_sectors,
		max_secure_erase_sectors;
	unsigned int dma_alignment;
	bool write_cache, fua, rotational, stable_writes, zoned, aligned;
};

static inline void apus_device_stack(const struct apus_device *device, u64 start,
				     struct apus_stacked_limits *stacked)
{
	struct block_device *bdev = device->bdev;
	struct queue_limits limits;

	blk_set_stacking_limits(&limits);
	stacked->aligned = !blk_stack_limits(&limits, &bdev_get_queue(bdev)->limits,
					     get_start_sect(bdev) + start);
	stacked->logical_block_size = limits.logical_block_size;
	stacked->physical_block_size = limits.physical_block_size;
	stacked->max_hw_sectors = limits.max_hw_sectors;
	stacked->dma_alignment = limits.dma_alignment;
	stacked->max_discard_sectors = bdev_max_discard_sectors(bdev);
	stacked->discard_granularity = bdev_discard_granularity(bdev);
	stacked->max_write_zeroes_sectors = bdev_write_zeroes_sectors(bdev);
	stacked->max_secure_erase_sectors = bdev_max_secure_erase_sectors(bdev);
	stacked->write_cache = bdev_write_cache(bdev);
	stacked->fua = bdev_fua(bdev);
	stacked->rotational = !bdev_nonrot(bdev);
	stacked->stable_writes = bdev_stable_writes(bdev);
	stacked->zoned = bdev_is_zoned(bdev);
}

/* --- Bio sets --- */

struct apus_bio_set {
	struct apus_inflight inflight;
	struct bio_set set;
};

enum {
	APUS_BIO_MAX_VECS = BIO_MAX_VECS,
};

static inline int apus_bio_set_init(struct apus_bio_set *set, unsigned int pool, unsigned int front)
{
	apus_assert_may_sleep();
	apus_inflight_init(&set->inflight);
	return bioset_init(&set->set, pool, front, BIOSET_NEED_BVECS);
}

static inline void apus_bio_set_exit(struct apus_bio_set *set)
{
	bioset_exit(&set->set);
}

/* --- Bios --- */

/* The flags of a request or a bio that are passed on to another device. */
#define APUS_PASSED_FLAGS \
	(REQ_FAILFAST_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_IDLE | REQ_FUA | REQ_PREFLUSH | \
	 REQ_RAHEAD | REQ_BACKGROUND | REQ_SWAP | REQ_NOUNMAP)

/*
 * Allocates a bio without memory and without a device. Returns null if none is available and the
 * flags do not allow a wait.
 */
static inline struct bio *apus_bio_alloc(struct apus_bio_set *set, unsigned int vectors,
					 u32 operation, u32 gfp)
{
	struct bio *bio = bio_alloc_bioset(NULL, vectors, (__force blk_opf_t)operation,
					   apus_slab_gfp(gfp), &set->set);

	if (bio)
		apus_inflight_get(&set->inflight);
	return bio;
}

static inline void apus_bio_put(struct bio *bio)
{
	struct apus_bio_set *set = container_of(bio->bi_pool, struct apus_bio_set, set);

	bio_put(bio);
	apus_inflight_put(&set->inflight);
}

static inline bool apus_bio_is_full(const struct bio *bio)
{
	return bio->bi_vcnt >= bio->bi_max_vecs;
}

/* Never merges the page with the one before, so that each page has an entry of its own. */
static inline void apus_bio_add_page(struct bio *bio, void *page, unsigned int length)
{
	__bio_add_page(bio, page, length, 0);
}

static inline unsigned int apus_bio_page_count(const struct bio *bio)
{
	return bio->bi_vcnt;
}

static inline struct page *_Nonnull apus_bio_page(const struct bio *bio, unsigned int index)
{
	return bio->bi_io_vec[index].bv_page;
}

static inline unsigned int apus_bio_length(const struct bio *bio, unsigned int index)
{
	return bio->bi_io_vec[index].bv_len;
}

static inline struct page *apus_bio_take_last(struct bio *bio)
{
	if (!bio->bi_vcnt)
		return NULL;
	return bio->bi_io_vec[--bio->bi_vcnt].bv_page;
}

static inline u8 apus_bio_status(const struct bio *bio)
{
	return (__force u8)bio->bi_status;
}

static inline u64 apus_bio_sector(const struct bio *bio)
{
	return bio->bi_iter.bi_sector;
}

static inline void apus_bio_go(struct bio *bio, struct apus_device *device, u64 sector,
			       bio_end_io_t *ended)
{
	struct blk_plug *hidden = apus_plug_hide();

	apus_inflight_get(&device->inflight);
	bio->bi_end_io = ended;
	bio->bi_iter.bi_sector = sector;
	submit_bio_noacct(bio);
	apus_plug_show(hidden);
}

/*
 * Prepares a bio of pages for a submission. Resets the fields that the previous submission changed,
 * so that the bio can be submitted again. `bytes` is the length of an operation that has a length
 * but no memory. Returns 0 if the device, as it is now, can take the bio.
 */
static noinline __maybe_unused int apus_bio_prepare(struct bio *bio, struct apus_device *device,
						    u64 sector, u32 operation, u32 flags,
						    unsigned int bytes)
{
	bool is_flush = operation == (__force u32)REQ_OP_FLUSH, has_memory = false;
	unsigned short count = bio->bi_vcnt, i;

	if (!apus_flags_fit(operation, &flags))
		return -EINVAL;
	if (!device->is_writable && operation != (__force u32)REQ_OP_READ && !is_flush)
		return -EROFS;
	switch ((__force enum req_op)operation) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
	case REQ_OP_ZONE_APPEND:
		has_memory = true;
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
	case REQ_OP_WRITE_ZEROES:
		break;
	default:
		bytes = 0;
	}
	if (has_memory != (count > 0))
		return -EINVAL;
	if (is_flush) {
		/* To the block layer a flush is an empty write with REQ_PREFLUSH. */
		operation = (__force u32)REQ_OP_WRITE;
		flags = (flags & (__force u32)APUS_COMMON_FLAGS) | (__force u32)REQ_PREFLUSH;
		sector = 0;
	}
	bio_reset(bio, device->bdev, (__force blk_opf_t)(operation | flags));
	bio->bi_vcnt = count;
	bio->bi_iter.bi_sector = sector;
	bio->bi_iter.bi_size = has_memory ? 0 : bytes;
	for (i = 0; i < count; i++)
		bio->bi_iter.bi_size += bio->bi_io_vec[i].bv_len;
	return apus_io_fits(device->bdev, bio, sector, true) ? 0 : -EINVAL;
}

static inline void apus_bio_submit(struct bio *bio, struct apus_device *device, void *ended)
{
	apus_bio_go(bio, device, bio->bi_iter.bi_sector, (bio_end_io_t *)ended);
}

/* A bio that the device cannot take ends immediately, with an I/O error. */
static inline void apus_clone_submit(struct bio *bio, struct apus_device *device, u64 sector,
				     void *ended)
{
	/*
	 * If a part of a request has ended, a fraction of a sector may be left. No lower driver
	 * expects that: the block layer's integrity data would have less room than there are
	 * pieces.
	 */
	if (!apus_may_sleep() || (bio->bi_iter.bi_size & (SECTOR_SIZE - 1)) ||
	    (!device->is_writable && op_is_write(bio_op(bio)) && bio->bi_iter.bi_size) ||
	    !(apus_io_is_plain(device->bdev, bio) ?
		      apus_memory_fits(device->bdev, bio) :
		      apus_io_fits_again(device->bdev, bio, sector))) {
		apus_inflight_get(&device->inflight);
		bio->bi_end_io = (bio_end_io_t *)ended;
		bio_io_error(bio);
		return;
	}
	bio_set_dev(bio, device->bdev);
	apus_bio_go(bio, device, bio->bi_iter.bi_size ? sector : 0, (bio_end_io_t *)ended);
}

static inline void apus_device_left(struct apus_device *device)
{
	apus_inflight_put(&device->inflight);
}

/* --- Clones of a request's bios --- */

static inline struct bio *apus_request_first_bio(struct request *request)
{
	return request->bio;
}

static inline struct bio *apus_bio_next(const struct bio *bio)
{
	return bio->bi_next;
}

static inline unsigned int apus_bio_bytes(const struct bio *bio)
{
	return bio->bi_iter.bi_size;
}

/* The request's flags that are passed on with its operation. */
static inline blk_opf_t apus_request_passed(struct request *request)
{
	return request->cmd_flags & APUS_PASSED_FLAGS &
	       apus_fitting_flags((__force u32)req_op(request));
}

/*
 * The clone has the request's flags. A flag that the block layer has dealt with, such as
 * REQ_PREFLUSH, stays with the source bio. The clone has the source's device until it is submitted.
 */
static inline struct bio *apus_bio_clone(struct bio *source, struct request *request,
					 struct apus_bio_set *set, u32 gfp)
{
	struct bio *bio = bio_alloc_clone(source->bi_bdev, source, apus_slab_gfp(gfp), &set->set);

	if (!bio)
		return NULL;
	apus_inflight_get(&set->inflight);
	bio->bi_opf = (__force blk_opf_t)((__force u32)req_op(request) |
					  (__force u32)apus_request_passed(request));
	return bio;
}

/*
 * Makes one bio for a request that has none: a flush. (A discard of several ranges has a bio for
 * each, at different sectors.)
 */
static inline struct bio *apus_bio_of_request(struct request *request, struct apus_device *device,
					      struct apus_bio_set *set, u32 gfp)
{
	blk_opf_t operation =
		req_op(request) == REQ_OP_FLUSH ?
			REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC :
			(__force blk_opf_t)((__force u32)req_op(request) |
					    (__force u32)apus_request_passed(request));
	struct bio *bio =
		bio_alloc_bioset(device->bdev, 0, operation, apus_slab_gfp(gfp), &set->set);

	if (!bio)
		return NULL;
	apus_inflight_get(&set->inflight);
	bio->bi_iter.bi_size = blk_rq_bytes(request);
	return bio;
}

static inline bool apus_request_can_forward(struct request *request)
{
	switch (req_op(request)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
	case REQ_OP_FLUSH:
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
	case REQ_OP_WRITE_ZEROES:
		return true;
	default:
		return false;
	}
}

/* --- Bad blocks --- */

enum {
	APUS_BAD_BLOCKS_SECTOR_BITS = 54,
};

/*
 * A list, and the callers that change it. badblocks_set warns (behind_merge) about a range before
 * the first one if the list is full. So `lock` serialises the callers that add, and `removers`
 * counts those that remove, each of which may divide one range. A caller that removes cannot hold
 * the lock, since badblocks_clear enables interrupts.
 */
struct apus_bad_blocks {
	struct badblocks list;
	spinlock_t lock;
	atomic_t removers;
};

static inline int apus_bad_blocks_init(struct apus_bad_blocks *bad)
{
	/* badblocks_init allocates with GFP_KERNEL in every context. */
	apus_assert_may_sleep();
	spin_lock_init(&bad->lock);
	atomic_set(&bad->removers, 0);
	return badblocks_init(&bad->list, 1);
}

static inline bool apus_bad_blocks_any(const struct apus_bad_blocks *bad)
{
	return READ_ONCE(bad->list.count) > 0;
}

/*
 * Finds the first bad range that overlaps [start, start + count). Returns 0, 1 or -1, as
 * badblocks_check. (From 6.7 on that function reads an entry twice without the lock, and warns if
 * the entry has changed in between. If the list has changed it repeats its search with no range.)
 */
static noinline __maybe_unused int apus_bad_blocks_check(struct apus_bad_blocks *bad, u64 start,
							 int count, u64 *first, int *length)
{
	const u64 *page = bad->list.page;
	u64 end = start + count, entry;
	int low, high, middle, result;
	unsigned int sequence;

	do {
		sequence = read_seqbegin(&bad->list.lock);
		result = 0;
		low = 0;
		high = min_t(int, READ_ONCE(bad->list.count), MAX_BADBLOCKS);
		/* The last range that begins before the end. */
		while (high - low > 1) {
			middle = (low + high) / 2;
			if (BB_OFFSET(READ_ONCE(page[middle])) < end)
				low = middle;
			else
				high = middle;
		}
		/* One range that is not acknowledged makes the whole so. */
		for (low = high > low ? low : -1; low >= 0; low--) {
			entry = READ_ONCE(page[low]);
			if (BB_OFFSET(entry) + BB_LEN(entry) <= start)
				break;
			if (BB_OFFSET(entry) >= end)
				continue;
			result = result != -1 && BB_ACK(entry) ? 1 : -1;
			*first = BB_OFFSET(entry);
			*length = BB_LEN(entry);
		}
	} while (read_seqretry(&bad->list.lock, sequence));
	return result;
}

/* Returns nonzero if the list is full. */
static noinline __maybe_unused int apus_bad_blocks_set(struct apus_bad_blocks *bad, u64 start,
						       int count, bool is_acknowledged)
{
	unsigned long flags;
	int removers, result = 1;

	spin_lock_irqsave(&bad->lock, flags);
	removers = atomic_read(&bad->removers);
	if (READ_ONCE(bad->list.count) + removers < MAX_BADBLOCKS ||
	    (!removers && start >= BB_OFFSET(bad->list.page[0])))
		result = badblocks_set(&bad->list, start, count, is_acknowledged);
	spin_unlock_irqrestore(&bad->lock, flags);
	return result;
}

/* Interrupts are enabled. */
static noinline __maybe_unused int apus_bad_blocks_clear(struct apus_bad_blocks *bad, u64 start,
							 int count)
{
	int result;

	spin_lock_irq(&bad->lock);
	atomic_inc(&bad->removers);
	spin_unlock_irq(&bad->lock);
	result = badblocks_clear(&bad->list, start, count);
	atomic_dec(&bad->removers);
	return result;
}

#endif

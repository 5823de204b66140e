/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/Block and Sources/BlockMQ: requests, bio segments, tag sets, disks. */
#ifndef APUS_BLOCK_H
#define APUS_BLOCK_H

/* --- Status codes. Their numbers differ between kernels; their names are what Swift uses. --- */

enum apus_blk_status {
	APUS_BLK_STS_OK = BLK_STS_OK,
	APUS_BLK_STS_NOTSUPP = (__force u8)BLK_STS_NOTSUPP,
	APUS_BLK_STS_TIMEOUT = (__force u8)BLK_STS_TIMEOUT,
	APUS_BLK_STS_NOSPC = (__force u8)BLK_STS_NOSPC,
	APUS_BLK_STS_TRANSPORT = (__force u8)BLK_STS_TRANSPORT,
	APUS_BLK_STS_TARGET = (__force u8)BLK_STS_TARGET,
	APUS_BLK_STS_RESERVATION = (__force u8)APUS_BLK_STS_RESV_CONFLICT,
	APUS_BLK_STS_MEDIUM = (__force u8)BLK_STS_MEDIUM,
	APUS_BLK_STS_PROTECTION = (__force u8)BLK_STS_PROTECTION,
	APUS_BLK_STS_RESOURCE = (__force u8)BLK_STS_RESOURCE,
	APUS_BLK_STS_IOERR = (__force u8)BLK_STS_IOERR,
	APUS_BLK_STS_AGAIN = (__force u8)BLK_STS_AGAIN,
	APUS_BLK_STS_DEV_RESOURCE = (__force u8)BLK_STS_DEV_RESOURCE,
	APUS_BLK_STS_ZONE_OPEN_RESOURCE = (__force u8)BLK_STS_ZONE_OPEN_RESOURCE,
	APUS_BLK_STS_ZONE_ACTIVE_RESOURCE = (__force u8)BLK_STS_ZONE_ACTIVE_RESOURCE,
	APUS_BLK_STS_OFFLINE = (__force u8)BLK_STS_OFFLINE,
};

enum apus_req_op {
	APUS_REQ_OP_READ = (__force int)REQ_OP_READ,
	APUS_REQ_OP_WRITE = (__force int)REQ_OP_WRITE,
	APUS_REQ_OP_FLUSH = (__force int)REQ_OP_FLUSH,
	APUS_REQ_OP_DISCARD = (__force int)REQ_OP_DISCARD,
	APUS_REQ_OP_SECURE_ERASE = (__force int)REQ_OP_SECURE_ERASE,
	APUS_REQ_OP_WRITE_ZEROES = (__force int)REQ_OP_WRITE_ZEROES,
	APUS_REQ_FUA = (__force int)REQ_FUA,
};

enum apus_blk_mq_flags {
	APUS_BLK_MQ_MAX_DEPTH = BLK_MQ_MAX_DEPTH,
	APUS_BLK_MQ_F_SHOULD_MERGE = BLK_MQ_F_SHOULD_MERGE,
	APUS_BLK_MQ_F_BLOCKING = BLK_MQ_F_BLOCKING,
	APUS_BLK_MQ_F_NO_SCHED = BLK_MQ_F_NO_SCHED,
};

/* --- Status --- */

static inline int apus_status_to_errno(u8 status)
{
	return blk_status_to_errno((__force blk_status_t)status);
}

static inline u8 apus_errno_to_status(int error)
{
	return (__force u8)errno_to_blk_status(error);
}

/* --- Requests --- */

/* Swift's table of operations (BlockMQ.OperationsTable) is handed to the kernel as a blk_mq_ops. */
static_assert(offsetof(struct blk_mq_ops, queue_rq) == 0 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, commit_rqs) == 1 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, queue_rqs) == 2 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, get_budget) == 3 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, put_budget) == 4 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, set_rq_budget_token) == 5 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, get_rq_budget_token) == 6 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, timeout) == 7 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, poll) == 8 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, complete) == 9 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, init_hctx) == 10 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, exit_hctx) == 11 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, init_request) == 12 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, exit_request) == 13 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, cleanup_rq) == 14 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, busy) == 15 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, map_queues) == 16 * sizeof(void *));
static_assert(offsetof(struct blk_mq_ops, show_rq) == 17 * sizeof(void *));
static_assert(sizeof(struct blk_mq_ops) == 18 * sizeof(void *));

static inline struct request *apus_queue_data_request(const void *data)
{
	return ((const struct blk_mq_queue_data *)data)->rq;
}

static inline bool apus_queue_data_last(const void *data)
{
	return ((const struct blk_mq_queue_data *)data)->last;
}

static inline void *apus_request_queuedata(struct request *request)
{
	return READ_ONCE(request->q->queuedata);
}

static inline unsigned int apus_request_operation(struct request *request)
{
	return (__force unsigned int)req_op(request);
}

static inline bool apus_request_is_fua(struct request *request)
{
	return (request->cmd_flags & REQ_FUA) != 0;
}

static inline u64 apus_request_sector(struct request *request)
{
	return blk_rq_pos(request);
}

static inline unsigned int apus_request_bytes(struct request *request)
{
	return blk_rq_bytes(request);
}

static inline int apus_request_tag(struct request *request)
{
	return request->tag;
}

static inline void apus_request_start(struct request *request)
{
	blk_mq_start_request(request);
}

static inline void apus_request_end(struct request *request, u8 status)
{
	blk_mq_end_request(request, (__force blk_status_t)status);
}

/*
 * The segments of a request, one page at a time: rq_for_each_segment without the macro.
 * Discards and their kind have no data: no segment.
 */
struct apus_segments {
	struct bio *bio;
	struct bvec_iter iter;
};

static inline struct apus_segments apus_request_segments(struct request *request)
{
	struct apus_segments segments = { .bio = request->bio };

	if (segments.bio)
		segments.iter = segments.bio->bi_iter;
	return segments;
}

static inline bool apus_segments_next(struct apus_segments *segments, struct bio_vec *segment)
{
	while (segments->bio) {
		if (segments->iter.bi_size && bio_has_data(segments->bio)) {
			*segment = bio_iter_iovec(segments->bio, segments->iter);
			bio_advance_iter_single(segments->bio, &segments->iter, segment->bv_len);
			return true;
		}
		segments->bio = segments->bio->bi_next;
		if (segments->bio)
			segments->iter = segments->bio->bi_iter;
	}
	return false;
}

/* --- Tag sets --- */

/* A tag set and its owners: the disks that use it, and whoever made it. */
struct apus_tag_set {
	struct blk_mq_tag_set set;
	refcount_t owners;
};

static inline int apus_tag_set_init(struct apus_tag_set *tags, const void *operations,
				    unsigned int hardware_queues, unsigned int depth, int node,
				    unsigned int flags, unsigned int request_data,
				    unsigned int timeout_ms)
{
	memset(tags, 0, sizeof(*tags));
	refcount_set(&tags->owners, 1);
	tags->set.ops = operations;
	tags->set.nr_hw_queues = hardware_queues;
	tags->set.queue_depth = depth;
	tags->set.numa_node = node;
	tags->set.flags = flags;
	tags->set.cmd_size = request_data;
	/* 0 is the block layer's default. */
	tags->set.timeout = msecs_to_jiffies(timeout_ms);
	return blk_mq_alloc_tag_set(&tags->set);
}

static inline void apus_tag_set_get(struct apus_tag_set *tags)
{
	refcount_inc(&tags->owners);
}

/* True for the last owner, who frees it. */
static inline bool apus_tag_set_put(struct apus_tag_set *tags)
{
	return refcount_dec_and_test(&tags->owners);
}

static inline void apus_tag_set_destroy(struct apus_tag_set *tags)
{
	blk_mq_free_tag_set(&tags->set);
}

/* --- Disks --- */

/* What a disk can be asked to be, in one structure for all kernels. */
struct apus_limits {
	unsigned int logical_block_size;
	unsigned int physical_block_size;
	unsigned int max_hw_sectors;
	unsigned int max_discard_sectors;
	unsigned int discard_granularity;
	unsigned int max_write_zeroes_sectors;
	bool write_cache;
	bool fua;
	bool rotational;
};

#if APUS_LIMITS_AT_ALLOC
static inline struct gendisk *apus_alloc_disk(struct apus_tag_set *tags, const struct apus_limits *limits,
					      void *queuedata)
{
	struct queue_limits lim = {
		.logical_block_size = limits->logical_block_size,
		.physical_block_size = limits->physical_block_size,
		.max_hw_sectors = limits->max_hw_sectors,
		.max_hw_discard_sectors = limits->max_discard_sectors,
		.discard_granularity = limits->discard_granularity,
		.max_write_zeroes_sectors = limits->max_write_zeroes_sectors,
	};

	if (limits->write_cache)
		lim.features |= BLK_FEAT_WRITE_CACHE;
	if (limits->fua)
		lim.features |= BLK_FEAT_FUA;
	if (limits->rotational)
		lim.features |= BLK_FEAT_ROTATIONAL;
	return blk_mq_alloc_disk(&tags->set, &lim, queuedata);
}
#else
static inline struct gendisk *apus_alloc_disk(struct apus_tag_set *tags, const struct apus_limits *limits,
					      void *queuedata)
{
	struct gendisk *disk = blk_mq_alloc_disk(&tags->set, queuedata);
	struct request_queue *queue;

	if (IS_ERR(disk))
		return disk;
	queue = disk->queue;
	blk_queue_logical_block_size(queue, limits->logical_block_size);
	blk_queue_physical_block_size(queue, limits->physical_block_size);
	if (limits->max_hw_sectors)
		blk_queue_max_hw_sectors(queue, limits->max_hw_sectors);
	if (limits->max_discard_sectors) {
		queue->limits.discard_granularity = limits->discard_granularity;
		blk_queue_max_discard_sectors(queue, limits->max_discard_sectors);
	}
	if (limits->max_write_zeroes_sectors)
		blk_queue_max_write_zeroes_sectors(queue, limits->max_write_zeroes_sectors);
	blk_queue_write_cache(queue, limits->write_cache, limits->fua);
	if (!limits->rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	return disk;
}
#endif

/* The module's glue defines it: nothing but the owner, so that an open disk holds its module. */
extern const struct block_device_operations apus_block_device_operations;

static inline void apus_disk_prepare(struct gendisk *disk, void *data, const char *name, u64 sectors)
{
	disk->fops = &apus_block_device_operations;
	disk->private_data = data;
	strscpy(disk->disk_name, name, DISK_NAME_LEN);
	set_capacity(disk, sectors);
}

static inline int apus_disk_add(struct gendisk *disk)
{
	return add_disk(disk);
}

/*
 * Taking a disk away in bounded time. del_gendisk writes out what is dirty and waits for the requests in flight; a driver
 * that holds one back for ever would make it wait for ever. So del_gendisk runs in a work item, and whoever takes the
 * disk away waits as long as a request may take, and can then take the driver from under it.
 */
struct apus_removal {
	struct work_struct work;
	struct completion done;
	struct gendisk *disk;
};

static void apus_removal_work(struct work_struct *work)
{
	struct apus_removal *removal = container_of(work, struct apus_removal, work);

	del_gendisk(removal->disk);
	complete(&removal->done);
}

static inline void apus_removal_init(struct apus_removal *removal, struct gendisk *disk)
{
	removal->disk = disk;
	INIT_WORK(&removal->work, apus_removal_work);
	init_completion(&removal->done);
}

/* Begins, and waits for as long as a request of this disk may take. Whether it is done. */
static inline bool apus_removal_try(struct apus_removal *removal)
{
	queue_work(system_unbound_wq, &removal->work);
	return wait_for_completion_timeout(&removal->done, removal->disk->queue->rq_timeout) != 0;
}

/* From here on the driver is not called any more: requests are answered with an I/O error without it. */
static inline void apus_removal_abandon(struct apus_removal *removal)
{
	struct request_queue *queue = removal->disk->queue;

	blk_mq_quiesce_queue(queue);
	WRITE_ONCE(queue->queuedata, NULL);
	blk_mq_unquiesce_queue(queue);
}

/* Waits for the end, and gives up the reference of apus_alloc_disk. */
static inline void apus_removal_finish(struct apus_removal *removal)
{
	flush_work(&removal->work);
	put_disk(removal->disk);
}

static inline int apus_error_of(const void *pointer)
{
	return IS_ERR(pointer) ? PTR_ERR(pointer) : 0;
}

#endif

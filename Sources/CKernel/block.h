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
	APUS_REQ_OP_ZONE_OPEN = (__force int)REQ_OP_ZONE_OPEN,
	APUS_REQ_OP_ZONE_CLOSE = (__force int)REQ_OP_ZONE_CLOSE,
	APUS_REQ_OP_ZONE_FINISH = (__force int)REQ_OP_ZONE_FINISH,
	APUS_REQ_OP_ZONE_APPEND = (__force int)REQ_OP_ZONE_APPEND,
	APUS_REQ_OP_ZONE_RESET = (__force int)REQ_OP_ZONE_RESET,
	APUS_REQ_OP_ZONE_RESET_ALL = (__force int)REQ_OP_ZONE_RESET_ALL,
};

/* The flags of a request or a bio. */
enum apus_req_flags {
	APUS_REQ_FAILFAST_DEV = (__force int)REQ_FAILFAST_DEV,
	APUS_REQ_FAILFAST_TRANSPORT = (__force int)REQ_FAILFAST_TRANSPORT,
	APUS_REQ_FAILFAST_DRIVER = (__force int)REQ_FAILFAST_DRIVER,
	APUS_REQ_SYNC = (__force int)REQ_SYNC,
	APUS_REQ_META = (__force int)REQ_META,
	APUS_REQ_PRIO = (__force int)REQ_PRIO,
	APUS_REQ_NOMERGE = (__force int)REQ_NOMERGE,
	APUS_REQ_IDLE = (__force int)REQ_IDLE,
	APUS_REQ_FUA = (__force int)REQ_FUA,
	APUS_REQ_PREFLUSH = (__force int)REQ_PREFLUSH,
	APUS_REQ_RAHEAD = (__force int)REQ_RAHEAD,
	APUS_REQ_BACKGROUND = (__force int)REQ_BACKGROUND,
	APUS_REQ_NOWAIT = (__force int)REQ_NOWAIT,
	APUS_REQ_POLLED = (__force int)REQ_POLLED,
	APUS_REQ_SWAP = (__force int)REQ_SWAP,
#if APUS_HAS_ATOMIC_WRITES
	APUS_REQ_ATOMIC = (__force int)REQ_ATOMIC,
#else
	APUS_REQ_ATOMIC = 0,
#endif
};

enum apus_blk_mq_flags {
	APUS_BLK_MQ_MAX_DEPTH = BLK_MQ_MAX_DEPTH,
	APUS_BLK_MQ_F_SHOULD_MERGE = BLK_MQ_F_SHOULD_MERGE,
	APUS_BLK_MQ_F_BLOCKING = BLK_MQ_F_BLOCKING,
	APUS_BLK_MQ_F_NO_SCHED = BLK_MQ_F_NO_SCHED,
	APUS_BLK_MQ_F_TAG_HCTX_SHARED = BLK_MQ_F_TAG_HCTX_SHARED,
};

enum apus_hctx_type {
	APUS_HCTX_TYPE_DEFAULT = HCTX_TYPE_DEFAULT,
	APUS_HCTX_TYPE_READ = HCTX_TYPE_READ,
	APUS_HCTX_TYPE_POLL = HCTX_TYPE_POLL,
	APUS_HCTX_MAX_TYPES = HCTX_MAX_TYPES,
};

enum apus_timeout_action {
	APUS_BLK_EH_DONE = BLK_EH_DONE,
	APUS_BLK_EH_RESET_TIMER = BLK_EH_RESET_TIMER,
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

static inline struct request *_Nonnull apus_queue_data_request(const void *data)
{
	return ((const struct blk_mq_queue_data *)data)->rq;
}

static inline bool apus_queue_data_last(const void *data)
{
	return ((const struct blk_mq_queue_data *)data)->last;
}

static inline unsigned int apus_request_operation(struct request *request)
{
	return (__force unsigned int)req_op(request);
}

static inline bool apus_request_is_write(struct request *request)
{
	return op_is_write(req_op(request));
}

static inline u32 apus_request_flags(struct request *request)
{
	return (__force u32)request->cmd_flags & ~(u32)REQ_OP_MASK;
}

/* The driver's part of a request, zeroed when the request was made. */
static inline void *_Nonnull apus_request_data(struct request *request)
{
	return blk_mq_rq_to_pdu(request);
}

static inline struct blk_mq_hw_ctx *_Nonnull apus_request_hardware_queue(struct request *request)
{
	return request->mq_hctx;
}

static inline struct request_queue *_Nonnull apus_request_queue(struct request *request)
{
	return request->q;
}

static inline unsigned int apus_request_segment_count(struct request *request)
{
	return blk_rq_nr_phys_segments(request);
}

static inline unsigned int apus_request_priority(struct request *request)
{
	return req_get_ioprio(request);
}

static inline unsigned int apus_request_cpu(struct request *request)
{
	return blk_mq_rq_cpu(request);
}

/* Fault injection of the block layer (io-timeout-fail): whether the driver shall forget to complete. */
static inline bool apus_request_should_fake_timeout(struct request *request)
{
	return blk_should_fake_timeout(request->q);
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

/* Where an append was written, for whoever submitted it. */
static inline void apus_request_set_written(struct request *request, u64 sector)
{
	if (req_op(request) == REQ_OP_ZONE_APPEND)
		request->__sector = sector;
}

static inline void apus_request_end(struct request *request, u8 status)
{
	blk_mq_end_request(request, (__force blk_status_t)status);
}

/* Ends the first bytes. Whether some are left, which belong to the caller still. */
static inline bool apus_request_end_part(struct request *request, u8 status, unsigned int bytes)
{
	if (blk_update_request(request, (__force blk_status_t)status, bytes))
		return true;
	__blk_mq_end_request(request, (__force blk_status_t)status);
	return false;
}

static inline void apus_request_complete(struct request *request)
{
	blk_mq_complete_request(request);
}

static inline void apus_request_requeue(struct request *request, bool kick)
{
	/* A disk that is taken from under its driver looks at the list once more after such readers. */
	rcu_read_lock();
	blk_mq_requeue_request(request, kick || !READ_ONCE(request->q->queuedata));
	rcu_read_unlock();
}

/* Into a batch that is completed later; false if this request has to be ended by itself. */
static inline bool apus_request_add_to_batch(struct request *request, void *batch, bool is_error)
{
	return blk_mq_add_to_batch(request, batch, is_error, blk_mq_end_request_batch);
}

static inline void apus_batch_end(struct io_comp_batch *batch)
{
	if (batch->complete)
		batch->complete(batch);
}

/* --- Lists of requests: those that the block layer gives at once, and a driver's own --- */

struct apus_queue_batch {
	void *given;
	struct request_queue *queue;
	struct request *first_kept, *last_kept;
};

static inline struct request *apus_queue_batch_peek(struct apus_queue_batch *batch)
{
#if APUS_HAS_RQ_LIST
	return rq_list_peek((struct rq_list *)batch->given);
#else
	return *(struct request **)batch->given;
#endif
}

static inline struct request *apus_queue_batch_next(struct apus_queue_batch *batch)
{
#if APUS_HAS_RQ_LIST
	return rq_list_pop((struct rq_list *)batch->given);
#else
	struct request **given = batch->given;
	struct request *request = *given;

	if (request) {
		*given = request->rq_next;
		request->rq_next = NULL;
	}
	return request;
#endif
}

static inline void apus_queue_batch_keep(struct apus_queue_batch *batch, struct request *request)
{
	/* Another disk's does not belong into this list. */
	if (request->q != batch->queue) {
		apus_request_requeue(request, true);
		return;
	}
	request->rq_next = NULL;
	if (batch->last_kept)
		batch->last_kept->rq_next = request;
	else
		batch->first_kept = request;
	batch->last_kept = request;
}

/* What was kept, and what was never taken, is the block layer's again, in the order in which it came. */
static inline void apus_queue_batch_finish(struct apus_queue_batch *batch)
{
	struct request *request;

	if (!batch->first_kept)
		return;
	while ((request = apus_queue_batch_next(batch)))
		apus_queue_batch_keep(batch, request);
#if APUS_HAS_RQ_LIST
	((struct rq_list *)batch->given)->head = batch->first_kept;
	((struct rq_list *)batch->given)->tail = batch->last_kept;
#else
	*(struct request **)batch->given = batch->first_kept;
#endif
}

/*
 * A driver's own list of requests in flight, through their queuelist, which the block layer leaves to the driver as long as
 * it has the request. Ends are null, and not a head, so that the list may move.
 */
struct apus_request_list {
	struct list_head *first, *last;
};

static inline void apus_request_list_append(struct apus_request_list *list, struct request *request)
{
	struct list_head *node = &request->queuelist;

	node->next = NULL;
	node->prev = list->last;
	if (list->last)
		list->last->next = node;
	else
		list->first = node;
	list->last = node;
}

static inline void apus_request_list_unlink(struct apus_request_list *list, struct list_head *node)
{
	if (node->prev)
		node->prev->next = node->next;
	else
		list->first = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		list->last = node->prev;
	INIT_LIST_HEAD(node);
}

static inline struct request *apus_request_list_first(struct apus_request_list *list)
{
	struct list_head *node = list->first;

	if (!node)
		return NULL;
	apus_request_list_unlink(list, node);
	return list_entry(node, struct request, queuelist);
}

static inline bool apus_request_list_remove(struct apus_request_list *list, struct request *wanted)
{
	struct list_head *node;

	for (node = list->first; node; node = node->next) {
		if (node != &wanted->queuelist)
			continue;
		apus_request_list_unlink(list, node);
		return true;
	}
	return false;
}

/* --- Tables of requests in flight, by number: each slot holds one or none, and changes in one step --- */

static inline void **apus_slots_make(size_t count, unsigned int flags, int node)
{
	return apus_kvmalloc_node(array_size(count, sizeof(void *)), flags | (__force unsigned int)__GFP_ZERO, node);
}

static inline void apus_slots_free(void **slots)
{
	kvfree(slots);
}

static inline void *apus_slot_exchange(void **slots, size_t index, void *value)
{
	return xchg(&slots[index], value);
}

/* Empties the slot if it holds this. */
static inline bool apus_slot_take(void **slots, size_t index, void *value)
{
	return cmpxchg(&slots[index], value, NULL) == value;
}

/* --- Hardware queues --- */

static inline unsigned int apus_hardware_queue_index(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->queue_num;
}

static inline unsigned int apus_hardware_queue_type(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->type;
}

static inline struct request_queue *_Nonnull apus_hardware_queue_queue(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->queue;
}

static inline void *_Nonnull apus_hardware_queue_data(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->driver_data;
}

static inline void *apus_hardware_queue_take_data(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return xchg(&hctx->driver_data, NULL);
}

static inline int apus_hardware_queue_node(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->numa_node;
}

static inline void apus_hardware_queue_set_data(struct blk_mq_hw_ctx *_Nonnull hctx, void *data)
{
	hctx->driver_data = data;
}

static inline void apus_hardware_queue_stop(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	blk_mq_stop_hw_queue(hctx);
}

static inline void apus_hardware_queue_start(struct blk_mq_hw_ctx *_Nonnull hctx, bool async)
{
	blk_mq_start_stopped_hw_queue(hctx, async);
}

static inline void apus_hardware_queue_run(struct blk_mq_hw_ctx *_Nonnull hctx, unsigned int milliseconds)
{
	if (milliseconds)
		blk_mq_delay_run_hw_queue(hctx, milliseconds);
	else
		blk_mq_run_hw_queue(hctx, true);
}

/* --- Request queues --- */

static inline void *apus_queue_driver(struct request_queue *_Nonnull queue)
{
	return READ_ONCE(queue->queuedata);
}

/*
 * The driver, or one of these: APUS_QUEUE_IS_NEW while the disk is being made and no request comes yet, and null when the disk
 * is gone, or was taken from under its driver.
 */
#define APUS_QUEUE_IS_NEW ((void *)1)

/*
 * One more owner, of a queue that has one. (Not blk_get_queue, which refuses a queue whose disk is going away: that one has
 * owners as well, such as the requests in flight.)
 */
static inline void apus_queue_get(struct request_queue *_Nonnull queue)
{
	apus_compat_queue_get(queue);
}

static inline void apus_queue_put(struct request_queue *_Nonnull queue)
{
	blk_put_queue(queue);
}

/*
 * Whoever has the queue may ask things of it when its disk, and with that the tag set, is gone: then nothing is done. The
 * removal waits for those that have entered. Any context.
 */
static inline bool apus_queue_enter(struct request_queue *_Nonnull queue)
{
	rcu_read_lock();
	if (READ_ONCE(queue->queuedata))
		return true;
	rcu_read_unlock();
	return false;
}

static inline void apus_queue_leave(void)
{
	rcu_read_unlock();
}

static inline void apus_queue_stop(struct request_queue *_Nonnull queue)
{
	if (!apus_queue_enter(queue))
		return;
	blk_mq_stop_hw_queues(queue);
	apus_queue_leave();
}

static inline void apus_queue_start(struct request_queue *_Nonnull queue, bool async)
{
	if (!apus_queue_enter(queue))
		return;
	blk_mq_start_stopped_hw_queues(queue, async);
	apus_queue_leave();
}

static inline void apus_queue_run(struct request_queue *_Nonnull queue, unsigned int milliseconds)
{
	if (!apus_queue_enter(queue))
		return;
	if (milliseconds)
		blk_mq_delay_run_hw_queues(queue, milliseconds);
	else
		blk_mq_run_hw_queues(queue, true);
	apus_queue_leave();
}

static inline void apus_queue_kick(struct request_queue *_Nonnull queue, unsigned int milliseconds)
{
	if (!apus_queue_enter(queue))
		return;
	if (milliseconds)
		blk_mq_delay_kick_requeue_list(queue, milliseconds);
	else
		blk_mq_kick_requeue_list(queue);
	apus_queue_leave();
}

/* Held to read by those that quiesce a queue, let it go on or freeze it, which looks into the tag set. One for each module: module.c. */
extern struct rw_semaphore apus_quiescing;

static inline void apus_queue_quiesce(struct request_queue *_Nonnull queue)
{
	apus_assert_may_sleep();
	down_read(&apus_quiescing);
	/* Without a driver there is nobody to wait for. */
	if (READ_ONCE(queue->queuedata))
		blk_mq_quiesce_queue(queue);
	else
		blk_mq_quiesce_queue_nowait(queue);
	up_read(&apus_quiescing);
}

/* Both run the hardware queues, for which they look into the tag set as well: it stays meanwhile. */
static inline void apus_queue_unquiesce(struct request_queue *_Nonnull queue)
{
	apus_assert_may_sleep();
	down_read(&apus_quiescing);
	blk_mq_unquiesce_queue(queue);
	up_read(&apus_quiescing);
}

static inline void apus_queue_freeze(struct request_queue *_Nonnull queue)
{
	apus_assert_may_sleep();
	down_read(&apus_quiescing);
	blk_freeze_queue_start(queue);
	up_read(&apus_quiescing);
	blk_mq_freeze_queue_wait(queue);
}

static inline void apus_queue_unfreeze(struct request_queue *_Nonnull queue)
{
	blk_mq_unfreeze_queue(queue);
}

/* --- Timers in the driver's part of a request: the first thing in there --- */

enum {
	APUS_REQUEST_TIMER_SIZE = ALIGN(sizeof(struct hrtimer), 16),
};

static inline struct hrtimer *apus_request_timer(struct request *request)
{
	return blk_mq_rq_to_pdu(request);
}

static inline struct request *apus_timer_request(void *timer)
{
	return blk_mq_rq_from_pdu(timer);
}

static inline void apus_request_timer_init(struct request *request, void *callback)
{
	apus_compat_hrtimer_setup(apus_request_timer(request), callback);
}

/* Waits for a callback that is ending the request that had this memory last. */
static inline void apus_request_timer_exit(struct request *request)
{
	hrtimer_cancel(apus_request_timer(request));
}

/* A time below 0 would count as one beyond all others (ktime_add_safe), and the timer never expire. */
static inline void apus_request_timer_start(struct request *request, s64 nanoseconds)
{
	hrtimer_start(apus_request_timer(request), ns_to_ktime(max_t(s64, nanoseconds, 0)), HRTIMER_MODE_REL);
}

/* Whether it was waiting, and will not expire any more. */
static inline bool apus_request_timer_cancel(struct request *request)
{
	return hrtimer_try_to_cancel(apus_request_timer(request)) == 1;
}

struct apus_timer_sweep {
	struct request_queue *queue;
};

static bool apus_request_timer_sweep_one(struct request *request, void *data)
{
	struct apus_timer_sweep *sweep = data;

	if (request->q == sweep->queue && apus_request_timer_cancel(request))
		blk_mq_end_request(request, BLK_STS_IOERR);
	return true;
}

/*
 * Ends the requests of a queue whose timers wait, with an I/O error. The reference keeps the queue from being frozen when the last of them
 * ends: the tag set's requests could be freed then (blk_mq_update_nr_hw_queues), while they are looked at.
 */
static inline void apus_queue_sweep_timers(struct request_queue *_Nonnull queue)
{
	struct apus_timer_sweep sweep = { .queue = queue };

	if (!percpu_ref_tryget(&queue->q_usage_counter))
		return;
	blk_mq_tagset_busy_iter(queue->tag_set, apus_request_timer_sweep_one, &sweep);
	percpu_ref_put(&queue->q_usage_counter);
}

/* --- seq_file, for show_rq --- */

/*
 * Whether debugfs may be showing the list of requeued requests, under that list's lock: there nothing can be requeued, nor a flush's step
 * be ended. (Or another CPU has the lock at this moment.)
 */
static inline bool apus_requeue_list_is_locked(struct request *request)
{
	return spin_is_locked(&request->q->requeue_lock);
}

static inline void apus_seq_write(void *file, const void *text, size_t length)
{
	seq_write(file, text, length);
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

/* How many hardware queues of each kind. */
struct apus_queue_counts {
	unsigned int by_default, read, poll;
};

static inline unsigned int apus_queue_counts_sum(struct apus_queue_counts counts)
{
	return counts.by_default + counts.read + counts.poll;
}

/*
 * A tag set and its owners: the disks that use it, and whoever made it. The tag set's driver_data is the
 * typed data behind this structure.
 */
struct apus_tag_set {
	struct blk_mq_tag_set set;
	refcount_t owners;
	/* What was asked for, and what there was before; under `change` and by map_queues, which it calls. */
	struct mutex change;
	struct apus_queue_counts counts, previous;
	/* Who changes them, until the calls have been waited for to which hardware queues are lent that are about to end. */
	struct task_struct *changer;
	/*
	 * Under `data_lock`, within which no other lock is taken and no driver is called: the requests that carry data, and how many
	 * disks there are.
	 */
	struct mutex data_lock;
	struct list_head requests;
	unsigned int disks, round;
};

/*
 * Behind a request's data: its place among those of its tag set, its hardware queue, when it was looked at last, and whether the data has
 * ended before the request.
 */
struct apus_request_link {
	struct list_head node;
	unsigned int hardware_queue, round;
	bool ended;
};

enum {
	APUS_REQUEST_LINK_SIZE = sizeof(struct apus_request_link),
};

enum {
	APUS_REQUEST_MAX = 16 * PAGE_SIZE,
};

static inline int apus_tag_set_init(struct apus_tag_set *tags, const void *operations, void *data,
				    struct apus_queue_counts counts, unsigned int depth, int node,
				    unsigned int flags, unsigned int request_data,
				    unsigned int timeout_ms)
{
	/* Distinct for each place that makes tag sets would be better; none is taken within another. */
	static struct lock_class_key key, data_key;
	int result;

	apus_assert_may_sleep();
	/* (blk_mq_alloc_rqs has pieces of so much at most, and allocates for ever where a request does not fit into one.) */
	if (request_data > APUS_REQUEST_MAX - sizeof(struct request)) {
		pr_err("%s: requests with %u bytes of data, where %zu fit\n", module_name(THIS_MODULE), request_data,
		       (size_t)APUS_REQUEST_MAX - sizeof(struct request));
		return -EINVAL;
	}
	memset(tags, 0, sizeof(*tags));
	refcount_set(&tags->owners, 1);
	__mutex_init(&tags->change, "apus_tag_set", &key);
	__mutex_init(&tags->data_lock, "apus_tag_set_data", &data_key);
	INIT_LIST_HEAD(&tags->requests);
	tags->counts = counts;
	tags->previous = counts;
	tags->set.ops = operations;
	tags->set.driver_data = data;
	tags->set.nr_hw_queues = apus_queue_counts_sum(counts);
	tags->set.nr_maps = counts.poll ? 3 : counts.read ? 2 : 1;
	tags->set.queue_depth = depth;
	tags->set.numa_node = node;
	tags->set.flags = flags;
	tags->set.cmd_size = request_data;
	/* 0 is the block layer's default. */
	tags->set.timeout = msecs_to_jiffies(timeout_ms);
	result = blk_mq_alloc_tag_set(&tags->set);
	if (!result)
		/* It may have settled for fewer. */
		tags->previous = tags->counts;
	return result;
}

/*
 * Changes the number of hardware queues of a live tag set. The block layer may fall back to what there was,
 * without a word; then so do the counts.
 */
static inline int apus_tag_set_update(struct apus_tag_set *tags, struct apus_queue_counts counts)
{
	unsigned int wanted = apus_queue_counts_sum(counts);
	int result = 0;

	apus_assert_may_sleep();
	mutex_lock(&tags->change);
	tags->previous = tags->counts;
	tags->counts = counts;
	WRITE_ONCE(tags->changer, current);
	blk_mq_update_nr_hw_queues(&tags->set, wanted);
	WRITE_ONCE(tags->changer, NULL);
	if (tags->set.nr_hw_queues != wanted) {
		tags->counts = tags->previous;
		result = -ENOMEM;
	}
	mutex_unlock(&tags->change);
	return result;
}

/*
 * Before a hardware queue's data ends. A change of their number freezes the queues, which waits for requests, and as a rule for readers of
 * RCU, but not for those of SRCU (where queue_rq may sleep): a call of queue_rq or commit_rqs may be under way that has ended its last one, and is lent the hardware queue still. Once all are frozen, no other begins, so the
 * first of them to end waits for all. (The end of a disk waits for such calls before.)
 */
static inline void apus_hardware_queue_settle(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	struct apus_tag_set *tags = container_of(hctx->queue->tag_set, struct apus_tag_set, set);

	if (READ_ONCE(tags->changer) != current)
		return;
	apus_compat_wait_dispatched(hctx->queue);
	WRITE_ONCE(tags->changer, NULL);
}

/* One kind's share of the hardware queues, from `offset` on, spread over the CPUs. */
static inline void apus_map_queues(void *set, unsigned int type, unsigned int count, unsigned int offset)
{
	struct blk_mq_queue_map *map = &((struct blk_mq_tag_set *)set)->map[type];

	map->nr_queues = count;
	map->queue_offset = offset;
	if (count)
		blk_mq_map_queues(map);
}

static inline unsigned int apus_set_maps(void *set)
{
	return ((struct blk_mq_tag_set *)set)->nr_maps;
}

static inline unsigned int apus_set_hardware_queues(void *set)
{
	return ((struct blk_mq_tag_set *)set)->nr_hw_queues;
}

static inline void *apus_set_data(void *set)
{
	return ((struct blk_mq_tag_set *)set)->driver_data;
}

static inline struct apus_queue_counts apus_set_counts(void *set)
{
	return container_of(set, struct apus_tag_set, set)->counts;
}

static inline struct apus_queue_counts apus_set_previous_counts(void *set)
{
	return container_of(set, struct apus_tag_set, set)->previous;
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
	apus_assert_may_sleep();
	blk_mq_free_tag_set(&tags->set);
}

/* --- Data of requests that is ended before the requests are: when a disk is taken from under its driver --- */

static inline struct apus_request_link *apus_request_link(struct request *request, size_t offset)
{
	return blk_mq_rq_to_pdu(request) + offset;
}

/* A request has data from here on. */
static inline void apus_request_link_init(void *set, struct request *request, size_t offset, unsigned int hardware_queue)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	struct apus_request_link *link = apus_request_link(request, offset);

	link->hardware_queue = hardware_queue;
	link->ended = false;
	mutex_lock(&tags->data_lock);
	link->round = tags->round;
	list_add_tail(&link->node, &tags->requests);
	mutex_unlock(&tags->data_lock);
}

/* The request's memory is about to be freed. Whether its data is there. */
static inline bool apus_request_link_exit(void *set, struct request *request, size_t offset)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	struct apus_request_link *link = apus_request_link(request, offset);

	mutex_lock(&tags->data_lock);
	list_del(&link->node);
	mutex_unlock(&tags->data_lock);
	return !link->ended;
}

/* Its data has ended for good. Under the lock. */
static inline void apus_request_link_end(struct request *request, size_t offset)
{
	apus_request_link(request, offset)->ended = true;
}

/* From here on each request is looked at once more. */
static inline void apus_data_sweep_begin(struct apus_tag_set *tags)
{
	mutex_lock(&tags->data_lock);
	tags->round++;
	mutex_unlock(&tags->data_lock);
}

/* The hardware queue of the next request whose data may be exchanged, or -1. */
static inline int apus_data_sweep_peek(struct apus_tag_set *tags)
{
	struct apus_request_link *link;
	int result = -1;

	mutex_lock(&tags->data_lock);
	if (tags->disks == 1 && !list_empty(&tags->requests)) {
		link = list_first_entry(&tags->requests, struct apus_request_link, node);
		if (link->round != tags->round)
			result = link->hardware_queue;
	}
	mutex_unlock(&tags->data_lock);
	return result;
}

/*
 * The request with that data, if it rests; the lock is held then, until apus_data_sweep_leave. Null if it does not, and there may be others.
 *
 * The one disk of the tag set has no driver any more, so no value of a request is made: one without a reference has none, and will have none
 * (what used the request last did so before it put its reference). Another disk is counted, under the lock, before its queue has requests.
 * A request whose memory is freed leaves the list, under the lock, before that.
 */
static inline struct request *apus_data_sweep_enter(struct apus_tag_set *tags, size_t offset)
{
	struct apus_request_link *link;
	struct request *request;

	mutex_lock(&tags->data_lock);
	if (tags->disks == 1 && !list_empty(&tags->requests)) {
		link = list_first_entry(&tags->requests, struct apus_request_link, node);
		if (link->round != tags->round) {
			link->round = tags->round;
			list_move_tail(&link->node, &tags->requests);
			request = blk_mq_rq_from_pdu((void *)link - offset);
			if (!link->ended && !atomic_read_acquire(&request->ref))
				return request;
		}
	}
	mutex_unlock(&tags->data_lock);
	return NULL;
}

static inline void apus_data_sweep_leave(struct apus_tag_set *tags)
{
	mutex_unlock(&tags->data_lock);
}

/* A disk more, before it has requests. */
static inline void apus_tag_set_add_disk(struct apus_tag_set *tags)
{
	mutex_lock(&tags->data_lock);
	tags->disks++;
	mutex_unlock(&tags->data_lock);
}

/* A disk less, whose queue has no requests any more. */
static inline void apus_tag_set_remove_disk(struct apus_tag_set *tags)
{
	mutex_lock(&tags->data_lock);
	tags->disks--;
	mutex_unlock(&tags->data_lock);
}

static inline bool apus_tag_set_is_last(struct apus_tag_set *tags)
{
	return refcount_read(&tags->owners) == 1;
}

/*
 * Whether the tag set's data may be ended now, which is asked for by the one owner that there is, a disk that has requests: then the
 * block layer is not given it any more. The reference keeps the queue from being frozen, and only where it is frozen does the block layer
 * make requests or hardware queues (for a scheduler, or another number of queues), which the data is lent to.
 */
static inline bool apus_tag_set_take_data(struct apus_tag_set *tags, struct request_queue *_Nonnull queue)
{
	bool taken;

	if (!apus_tag_set_is_last(tags) || !percpu_ref_tryget(&queue->q_usage_counter))
		return false;
	taken = xchg(&tags->set.driver_data, NULL);
	percpu_ref_put(&queue->q_usage_counter);
	return taken;
}

static inline bool apus_tag_set_has_data(const struct apus_tag_set *tags)
{
	return tags->set.driver_data;
}

static inline int apus_error_of(const void *pointer)
{
	return IS_ERR(pointer) ? PTR_ERR(pointer) : 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/Block and Sources/BlockMQ: requests, bio segments, tag sets, disks. */
#ifndef APUS_BLOCK_H
#define APUS_BLOCK_H

/* --- Status codes. Swift uses their names; their numbers differ between kernels. --- */

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

/*
 * Device mapper's own status has a code as well: EREMCHG for BLK_STS_DM_REQUEUE. It tells device
 * mapper to send a bio again, so it is not for the drivers of the devices below.
 */
static inline u8 apus_errno_to_status(int error)
{
	if (error == -EREMCHG)
		return (__force u8)BLK_STS_IOERR;
	return (__force u8)errno_to_blk_status(error);
}

/* --- Requests --- */

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

/* The driver's part of a request. It was zeroed when the request was created. */
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

/*
 * The block layer's fault injection (io-timeout-fail): whether the driver is not to complete the
 * request.
 */
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

/* The sector at which a zone append was written, for its submitter. */
static inline void apus_request_set_written(struct request *request, u64 sector)
{
	if (req_op(request) == REQ_OP_ZONE_APPEND)
		request->__sector = sector;
}

static inline void apus_request_end(struct request *request, u8 status)
{
	blk_mq_end_request(request, (__force blk_status_t)status);
}

/*
 * Ends the first bytes. Returns true if bytes remain; the request then still belongs to the caller.
 */
static inline bool apus_request_end_part(struct request *request, u8 status, unsigned int bytes)
{
	/*
	 * An emulated append, or a write of zeroes (6.1), may begin in one zone and end in the
	 * next. After a part that reaches the next zone, the block layer would end the request as a
	 * write to that zone.
	 */
	if (unlikely(bytes < blk_rq_bytes(request) && apus_compat_leaves_zone(request, bytes))) {
		status = (__force u8)BLK_STS_IOERR;
		bytes = blk_rq_bytes(request);
	}
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
	/*
	 * apus_handle_abandon waits for a grace period and then kicks the requeue list. A request
	 * that is requeued in this section is on the list by then, or kicks the list itself.
	 */
	rcu_read_lock();
	blk_mq_requeue_request(request, kick || !READ_ONCE(request->q->queuedata));
	rcu_read_unlock();
}

/* Adds the request to a batch that is completed later. Returns false if the caller must end it. */
static inline bool apus_request_add_to_batch(struct request *request, void *batch, bool is_error)
{
	return blk_mq_add_to_batch(request, batch, is_error, blk_mq_end_request_batch);
}

static inline void apus_batch_end(struct io_comp_batch *batch)
{
	if (batch->complete)
		batch->complete(batch);
}

/* --- Lists of requests: those that the block layer passes together, and a driver's own --- */

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
	/* The list holds requests of one queue only. */
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

/*
 * Returns the requests that were kept, and those that were never taken, to the block layer in their
 * original order.
 */
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
 * A driver's own list of requests in flight. It links them by queuelist, which the block layer
 * leaves to the driver as long as the driver has the request. The ends are null rather than a list
 * head, so that the list can be moved.
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

/* --- Tables of requests in flight by number. A slot holds one or none; changes are atomic. --- */

static inline void **apus_slots_make(size_t count, unsigned int flags, int node)
{
	return apus_kvmalloc_node(array_size(count, sizeof(void *)),
				  flags | (__force unsigned int)__GFP_ZERO, node);
}

static inline void apus_slots_free(void **slots)
{
	kvfree(slots);
}

static inline void *apus_slot_exchange(void **slots, size_t index, void *value)
{
	return xchg(&slots[index], value);
}

/* Empties the slot if it holds this value. */
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

static inline struct request_queue *_Nonnull apus_hardware_queue_queue(
	struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->queue;
}

static inline void *_Nonnull apus_hardware_queue_data(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->driver_data;
}

static inline void *apus_hardware_queue_set(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->queue->tag_set;
}

static inline int apus_hardware_queue_node(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	return hctx->numa_node;
}

static inline void apus_hardware_queue_stop(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	blk_mq_stop_hw_queue(hctx);
}

static inline void apus_hardware_queue_start(struct blk_mq_hw_ctx *_Nonnull hctx, bool async)
{
	blk_mq_start_stopped_hw_queue(hctx, async);
}

/*
 * Keeps a queue from being frozen until apus_queue_allow_freeze, so that its hardware queues stay.
 * Returns false if the queue is frozen: it then has no requests, and nothing to run. While the
 * block layer waits for a queue to be frozen, this returns true: the requests that it waits for may
 * need the run.
 */
static inline bool apus_queue_hold_off_freeze(struct request_queue *_Nonnull queue)
{
	return percpu_ref_tryget(&queue->q_usage_counter);
}

static inline void apus_queue_allow_freeze(struct request_queue *_Nonnull queue)
{
	percpu_ref_put(&queue->q_usage_counter);
}

/*
 * blk_mq_delay_run_hw_queue queues work even if there is nothing to run. Without the hold, the work
 * could be queued for a hardware queue that has ended (see apus_hardware_queue_leave).
 */
static inline void apus_hardware_queue_run(struct blk_mq_hw_ctx *_Nonnull hctx,
					   unsigned int milliseconds)
{
	struct request_queue *queue = hctx->queue;

	rcu_read_lock();
	if (apus_queue_hold_off_freeze(queue)) {
		if (milliseconds)
			blk_mq_delay_run_hw_queue(hctx, milliseconds);
		else
			blk_mq_run_hw_queue(hctx, true);
		apus_queue_allow_freeze(queue);
	}
	rcu_read_unlock();
}

/* --- Request queues --- */

static inline void *apus_queue_driver(struct request_queue *_Nonnull queue)
{
	return READ_ONCE(queue->queuedata);
}

/*
 * queuedata is the driver or one of these: APUS_QUEUE_IS_NEW while the disk is being made and no
 * request arrives yet, and null when the disk is gone or has been detached from its driver.
 */
#define APUS_QUEUE_IS_NEW ((void *)1)

/*
 * Takes a reference to a queue that has one. blk_get_queue would refuse a queue whose disk is being
 * removed, but such a queue still has references, for example those of the requests in flight.
 */
static inline void apus_queue_get(struct request_queue *_Nonnull queue)
{
	apus_compat_queue_get(queue);
}

/* The last reference frees the queue, which may sleep. */
static inline void apus_queue_put(struct request_queue *_Nonnull queue)
{
	if (apus_compat_queue_put_unless_last(queue))
		return;
	apus_assert_may_sleep();
	blk_put_queue(queue);
}

/*
 * Code that has a reference to the queue may use it after its disk, and with it the tag set, is
 * gone. This function then returns false, and the caller does nothing. The removal waits for
 * callers that have entered. Any context.
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
	if (apus_queue_hold_off_freeze(queue)) {
		if (milliseconds)
			blk_mq_delay_run_hw_queues(queue, milliseconds);
		else
			blk_mq_run_hw_queues(queue, true);
		apus_queue_allow_freeze(queue);
	}
	apus_queue_leave();
}

static inline void apus_queue_kick(struct request_queue *_Nonnull queue, unsigned int milliseconds)
{
	if (!apus_queue_enter(queue))
		return;
	/* The list of a frozen queue is empty. Its work would run the hardware queues. */
	if (apus_queue_hold_off_freeze(queue)) {
		if (milliseconds)
			blk_mq_delay_kick_requeue_list(queue, milliseconds);
		else
			blk_mq_kick_requeue_list(queue);
		apus_queue_allow_freeze(queue);
	}
	apus_queue_leave();
}

/* --- Timers in the driver's part of a request, at its start --- */

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

/* Waits for a running callback that ends the previous request in this memory. */
static inline void apus_request_timer_exit(struct request *request)
{
	hrtimer_cancel(apus_request_timer(request));
}

/*
 * ktime_add_safe would turn a negative time into the largest one, and the timer would never expire.
 */
static inline void apus_request_timer_start(struct request *request, s64 nanoseconds)
{
	hrtimer_start(apus_request_timer(request), ns_to_ktime(max_t(s64, nanoseconds, 0)),
		      HRTIMER_MODE_REL);
}

/* Returns whether the timer was pending. It does not expire after that. */
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
 * Ends with an I/O error those requests of a queue whose timers are pending. The usage reference
 * keeps the queue from being frozen when the last of these requests ends. If the queue were frozen,
 * blk_mq_update_nr_hw_queues could free the tag set's requests during the iteration.
 */
static inline void apus_queue_sweep_timers(struct request_queue *_Nonnull queue)
{
	struct apus_timer_sweep sweep = { .queue = queue };

	if (!apus_queue_hold_off_freeze(queue))
		return;
	blk_mq_tagset_busy_iter(queue->tag_set, apus_request_timer_sweep_one, &sweep);
	apus_queue_allow_freeze(queue);
}

/* --- seq_file, for show_rq --- */

/*
 * Whether debugfs may be showing the list of requeued requests, which it does under that list's
 * lock. Under this lock a request cannot be requeued, and a step of a flush cannot end. (Another
 * CPU may also hold the lock for a different reason.)
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
 * Iterates over the segments of a request, one page at a time, as rq_for_each_segment does.
 * Discards and similar operations carry no data, so they have no segments.
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

/*
 * Held for reading by calls that look into the tag set of a queue whose driver has ended, and for
 * writing before a tag set is freed. There is one for each module, defined in module.c.
 */
extern struct rw_semaphore apus_quiescing;

/* The number of hardware queues of each kind. */
struct apus_queue_counts {
	unsigned int by_default, read, poll;
};

static inline unsigned int apus_queue_counts_sum(struct apus_queue_counts counts)
{
	return counts.by_default + counts.read + counts.poll;
}

/*
 * A task in which the block layer makes hardware queues, and the one that it has just made. The
 * next request that it initializes in this task is the flush request of that hardware queue.
 */
struct apus_maker {
	struct list_head node;
	struct task_struct *task;
	struct blk_mq_hw_ctx *hctx;
};

/*
 * A tag set and its owners: its creator and the disks that use it. The tag set's driver_data is the
 * typed data behind this structure.
 */
struct apus_tag_set {
	struct blk_mq_tag_set set;
	refcount_t owners;
	/*
	 * The requested numbers and the previous ones. `change` protects them; map_queues, which
	 * the block layer calls during a change, reads them.
	 */
	struct mutex change;
	struct apus_queue_counts counts, previous;
	/* The task that changes the numbers, and the last queue whose calls it has waited for. */
	struct task_struct *changer;
	struct request_queue *settled;
	/*
	 * Only the changer uses these lists: the data of hardware queues and of their flush
	 * requests that the change has taken apart, and memory for more of the latter. Of the flush
	 * requests, those of the first `kept_queues` hardware queues are kept.
	 */
	struct list_head kept, kept_requests, rooms;
	unsigned int kept_queues;
	/* Whether a tag's request got no data. */
	bool lacks_data;
	/* The tasks in which the block layer makes hardware queues, under data_lock. */
	struct list_head makers;
	struct apus_maker changer_as_maker;
	/* How many tasks make or end a disk of this tag set (apus_tag_set_pin). */
	atomic_t pins;
	/*
	 * How many calls look at hardware queues of a frozen queue, and how many others use the tag
	 * set.
	 */
	atomic_t visits, waits;
	/*
	 * `data_lock` protects the requests that carry data and the number of disks. No other lock
	 * is taken and no driver is called under it.
	 */
	struct mutex data_lock;
	struct list_head requests;
	unsigned int disks, round;
};

/* Precedes data that a change of the number of hardware queues keeps. */
struct apus_kept {
	struct list_head node;
	struct request_queue *queue;
	unsigned int hardware_queue;
};

/*
 * Follows a request's data: its node in the tag set's list, its hardware queue, the round in which
 * the sweep last looked at it, whether the data has ended before the request, and whether the
 * request is the one for flushes.
 */
struct apus_request_link {
	struct list_head node;
	unsigned int hardware_queue, round;
	bool ended, is_flush;
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
	/*
	 * A class for each place that creates tag sets would be better. No lock of these classes is
	 * taken under another lock of the same class.
	 */
	static struct lock_class_key key, data_key;

	apus_assert_may_sleep();
	/*
	 * blk_mq_alloc_rqs allocates in chunks of at most this size. It would allocate forever if a
	 * request did not fit into a chunk.
	 */
	if (request_data > APUS_REQUEST_MAX - sizeof(struct request)) {
		pr_err("%s: requests with %u bytes of data, where %zu fit\n",
		       module_name(THIS_MODULE), request_data,
		       (size_t)APUS_REQUEST_MAX - sizeof(struct request));
		return -EINVAL;
	}
	memset(tags, 0, sizeof(*tags));
	refcount_set(&tags->owners, 1);
	__mutex_init(&tags->change, "apus_tag_set", &key);
	__mutex_init(&tags->data_lock, "apus_tag_set_data", &data_key);
	INIT_LIST_HEAD(&tags->requests);
	INIT_LIST_HEAD(&tags->kept);
	INIT_LIST_HEAD(&tags->kept_requests);
	INIT_LIST_HEAD(&tags->rooms);
	INIT_LIST_HEAD(&tags->makers);
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
	/* 0 selects the block layer's default. */
	tags->set.timeout = msecs_to_jiffies(timeout_ms);
	return blk_mq_alloc_tag_set(&tags->set);
}

/*
 * Whether the caller runs within a change of the number of hardware queues, which calls the driver
 * for their data. Here and below, null stands for the tag set of a bio-based disk.
 */
static inline bool apus_tag_set_is_changing(struct apus_tag_set *tags)
{
	return tags && READ_ONCE(tags->changer) == current;
}

/*
 * While a disk is made or ended, the number of hardware queues must not change. The kernel does not
 * ensure this: a new queue's hardware queues exist before the tag set has the queue in its list,
 * and they end before the queue leaves the list. (Later kernels have a lock, update_nr_hwq_lock.)
 * Returns false within a change.
 */
static noinline __maybe_unused bool apus_tag_set_pin(struct apus_tag_set *tags)
{
	if (apus_tag_set_is_changing(tags))
		return false;
	if (tags) {
		mutex_lock(&tags->change);
		atomic_inc(&tags->pins);
		mutex_unlock(&tags->change);
	}
	return true;
}

static inline void apus_tag_set_unpin(struct apus_tag_set *tags)
{
	if (tags)
		atomic_dec(&tags->pins);
}

/* The tag set of a disk's queue, or null for a bio-based disk. */
static inline struct apus_tag_set *apus_tag_set_of(struct request_queue *queue)
{
	return queue_is_mq(queue) ? container_of(queue->tag_set, struct apus_tag_set, set) : NULL;
}

enum {
	/* How long a change of the number of queues waits for disks that end, in jiffies. */
	APUS_PIN_WAIT = 5 * HZ,
};

/* From here until apus_maker_end this task may make hardware queues. */
static inline void apus_maker_begin(struct apus_tag_set *tags, struct apus_maker *maker)
{
	maker->task = current;
	maker->hctx = NULL;
	mutex_lock(&tags->data_lock);
	list_add(&maker->node, &tags->makers);
	mutex_unlock(&tags->data_lock);
}

static inline void apus_maker_end(struct apus_tag_set *tags, struct apus_maker *maker)
{
	mutex_lock(&tags->data_lock);
	list_del(&maker->node);
	mutex_unlock(&tags->data_lock);
}

/* Exchanges the hardware queue that this task has just made. */
static inline struct blk_mq_hw_ctx *apus_maker_exchange(struct apus_tag_set *tags,
							struct blk_mq_hw_ctx *hctx)
{
	struct blk_mq_hw_ctx *previous = NULL;
	struct apus_maker *maker;

	mutex_lock(&tags->data_lock);
	list_for_each_entry(maker, &tags->makers, node)
		if (maker->task == current) {
			previous = maker->hctx;
			maker->hctx = hctx;
			break;
		}
	mutex_unlock(&tags->data_lock);
	return previous;
}

/*
 * Begins a change of the number of hardware queues, which apus_tag_set_change_end ends. The result
 * is -EBUSY within another change, and if disks are still being made or ended after some seconds:
 * the caller may be such a disk's driver, so this function cannot wait for them forever.
 */
static inline int apus_tag_set_change_begin(struct apus_tag_set *tags)
{
	unsigned int waited = 0;

	apus_assert_may_sleep();
	if (apus_tag_set_is_changing(tags))
		return -EBUSY;
	mutex_lock(&tags->change);
	while (atomic_read_acquire(&tags->pins)) {
		if (waited++ >= APUS_PIN_WAIT) {
			mutex_unlock(&tags->change);
			return -EBUSY;
		}
		schedule_timeout_uninterruptible(1);
	}
	tags->kept_queues = tags->set.nr_hw_queues;
	apus_maker_begin(tags, &tags->changer_as_maker);
	WRITE_ONCE(tags->changer, current);
	/*
	 * RCU readers may look at hardware queues that an earlier change has put away. This change
	 * may free them.
	 */
	synchronize_rcu();
	return 0;
}

/*
 * Changes the number of hardware queues of a live tag set. The block layer may keep the previous
 * number without reporting an error. If the requests of a hardware queue cannot be made, it may go
 * on without that hardware queue. In these cases the previous numbers stay or are set again, and
 * the result is -ENOMEM.
 */
static inline int apus_tag_set_update(struct apus_tag_set *tags, struct apus_queue_counts counts)
{
	unsigned int wanted = apus_queue_counts_sum(counts), noio;
	int result = 0;

	tags->previous = tags->counts;
	tags->counts = counts;
	tags->lacks_data = false;
	tags->settled = NULL;
	/* The queues are frozen meanwhile, so an allocation must not wait for I/O to them. */
	noio = memalloc_noio_save();
	blk_mq_update_nr_hw_queues(&tags->set, wanted);
	if (tags->set.nr_hw_queues != wanted) {
		tags->counts = tags->previous;
		result = -ENOMEM;
	} else if (tags->lacks_data) {
		tags->counts = tags->previous;
		tags->previous = counts;
		tags->settled = NULL;
		blk_mq_update_nr_hw_queues(&tags->set, apus_queue_counts_sum(tags->counts));
		/* If that fails, the change is done, as far as the block layer could. */
		if (tags->set.nr_hw_queues == apus_queue_counts_sum(tags->counts))
			result = -ENOMEM;
		else
			tags->counts = counts;
	}
	memalloc_noio_restore(noio);
	return result;
}

/* --- Queues that are quiesced or frozen --- */

/*
 * Counts a call that uses the queue's tag set, so that apus_tag_set_destroy waits for it. Returns
 * null if the queue has no driver, and so perhaps no tag set.
 */
static inline struct apus_tag_set *apus_tag_set_enter(struct request_queue *queue,
						      bool looks_at_hardware_queues)
{
	struct apus_tag_set *tags = NULL;

	rcu_read_lock();
	/* The driver's end waits for a grace period before its disk gives up the tag set. */
	if (READ_ONCE(queue->queuedata)) {
		tags = container_of(queue->tag_set, struct apus_tag_set, set);
		atomic_inc(looks_at_hardware_queues ? &tags->visits : &tags->waits);
	}
	rcu_read_unlock();
	return tags;
}

/*
 * Waits for the calls of `queue`. No lock is held meanwhile: such a call may wait for anything, for
 * example for the end of another tag set.
 */
static noinline __maybe_unused void apus_queue_quiesce(struct request_queue *_Nonnull queue)
{
	struct apus_tag_set *tags;

	apus_assert_may_sleep();
	tags = apus_tag_set_enter(queue, false);
	if (tags) {
		blk_mq_quiesce_queue(queue);
		atomic_dec_return_release(&tags->waits);
	} else {
		/* Without a driver there are no calls into it to wait for. */
		blk_mq_quiesce_queue_nowait(queue);
	}
}

/*
 * A call that runs the hardware queues and is no RCU reader. With the usage reference the queue
 * cannot become frozen, and so a change leaves its hardware queues. A queue that is frozen has
 * nothing to run, but the call looks at its hardware queues nevertheless: a change that frees one
 * waits for the visit (apus_hardware_queue_refuse). In both cases the end of the tag set waits: a
 * disk that was never added ends without a freeze.
 */
struct apus_queue_visit {
	bool holds_off;
	struct apus_tag_set *tags;
};

static inline void apus_queue_visit_begin(struct request_queue *_Nonnull queue,
					  struct apus_queue_visit *visit)
{
	visit->holds_off = apus_queue_hold_off_freeze(queue);
	visit->tags = apus_tag_set_enter(queue, !visit->holds_off);
	if (!visit->tags)
		down_read(&apus_quiescing);
}

static inline void apus_queue_visit_end(struct request_queue *_Nonnull queue,
					struct apus_queue_visit *visit)
{
	if (!visit->tags)
		up_read(&apus_quiescing);
	else
		atomic_dec_return_release(visit->holds_off ? &visit->tags->waits :
							     &visit->tags->visits);
	if (visit->holds_off)
		apus_queue_allow_freeze(queue);
}

static noinline __maybe_unused void apus_queue_unquiesce(struct request_queue *_Nonnull queue)
{
	struct apus_queue_visit visit;

	apus_assert_may_sleep();
	apus_queue_visit_begin(queue, &visit);
	blk_mq_unquiesce_queue(queue);
	apus_queue_visit_end(queue, &visit);
}

static noinline __maybe_unused void apus_queue_freeze(struct request_queue *_Nonnull queue)
{
	struct apus_queue_visit visit;

	apus_assert_may_sleep();
	apus_queue_visit_begin(queue, &visit);
	blk_freeze_queue_start(queue);
	apus_queue_visit_end(queue, &visit);
	blk_mq_freeze_queue_wait(queue);
}

static inline void apus_queue_unfreeze(struct request_queue *_Nonnull queue)
{
	blk_mq_unfreeze_queue(queue);
}

/* Memory for a value behind a struct apus_kept. The result is the value's address. */
static inline void *apus_kept_alloc(size_t size, int node)
{
	struct apus_kept *kept = kmalloc_node(sizeof(*kept) + size, GFP_KERNEL, node);

	return kept ? kept + 1 : NULL;
}

static inline void apus_kept_free(void *value)
{
	kfree((struct apus_kept *)value - 1);
}

static inline void apus_kept_add(struct list_head *list, void *value, struct request_queue *queue,
				 unsigned int hardware_queue)
{
	struct apus_kept *kept = (struct apus_kept *)value - 1;

	kept->queue = queue;
	kept->hardware_queue = hardware_queue;
	list_add(&kept->node, list);
}

/* Takes the value of this hardware queue from the list, or returns null. */
static inline void *apus_kept_take(struct list_head *list, struct request_queue *queue,
				   unsigned int hardware_queue)
{
	struct apus_kept *kept;

	list_for_each_entry(kept, list, node)
		if (kept->queue == queue && kept->hardware_queue == hardware_queue) {
			list_del(&kept->node);
			return kept + 1;
		}
	return NULL;
}

/* Takes any value from the list, or returns null. */
static inline void *apus_kept_take_any(struct list_head *list)
{
	struct apus_kept *kept = list_first_entry_or_null(list, struct apus_kept, node);

	if (!kept)
		return NULL;
	list_del(&kept->node);
	return kept + 1;
}

/*
 * Allocates memory in which a change keeps the data of flush requests, of `size` bytes each.
 * Returns 0 or -ENOMEM.
 */
static inline int apus_tag_set_make_rooms(struct apus_tag_set *tags, size_t size)
{
	struct request_queue *queue;
	unsigned int i;
	void *room;

	list_for_each_entry(queue, &tags->set.tag_list, tag_set_list)
		for (i = 0; i < tags->kept_queues; i++) {
			room = apus_kept_alloc(size, NUMA_NO_NODE);
			if (!room)
				return -ENOMEM;
			apus_kept_add(&tags->rooms, room, NULL, 0);
		}
	return 0;
}

/* The caller has emptied the lists of data. */
static inline void apus_tag_set_change_end(struct apus_tag_set *tags)
{
	void *room;

	while ((room = apus_kept_take_any(&tags->rooms)))
		apus_kept_free(room);
	apus_maker_end(tags, &tags->changer_as_maker);
	WRITE_ONCE(tags->changer, NULL);
	mutex_unlock(&tags->change);
}

enum apus_request_begins {
	/* It needs new data: one of the tag set's or of a scheduler, or a flush request. */
	APUS_REQUEST_IS_NEW, APUS_REQUEST_IS_FOR_FLUSHES,
	/* A flush request whose data a change has kept. It is in its place again. */
	APUS_REQUEST_IS_KEPT,
};

/*
 * A request is to be initialized, whose data has this place and size. It is the flush request of a
 * hardware queue if this task has just made that.
 */
static inline enum apus_request_begins apus_request_begin(void *set, unsigned int index,
							  void *place, size_t size)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	struct blk_mq_hw_ctx *hctx = apus_maker_exchange(tags, NULL);
	void *room;

	if (!hctx)
		return APUS_REQUEST_IS_NEW;
	room = apus_tag_set_is_changing(tags) ?
		       apus_kept_take(&tags->kept_requests, hctx->queue, index) :
		       NULL;
	if (!room)
		return APUS_REQUEST_IS_FOR_FLUSHES;
	/* Swift moves a value by copying its bytes. */
	memcpy(place, room, size);
	apus_kept_add(&tags->rooms, room, NULL, 0);
	return APUS_REQUEST_IS_KEPT;
}

/*
 * A request ends whose data is there. Returns whether the data is kept, by the change that this is
 * part of. The hardware queue ends next.
 */
static inline bool apus_request_keep(void *set, struct apus_request_link *link, const void *place,
				     size_t size, unsigned int index)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	void *room;

	if (!link->is_flush || !apus_tag_set_is_changing(tags) || index >= tags->kept_queues)
		return false;
	room = apus_kept_take_any(&tags->rooms);
	if (!room)
		return false;
	memcpy(room, place, size);
	apus_kept_add(&tags->kept_requests, room, NULL, index);
	return true;
}

/*
 * Called before a hardware queue's data ends. A change of the number of hardware queues freezes the
 * queues. A freeze waits for the requests and, as a rule, for RCU readers, but not for SRCU readers
 * (where queue_rq may sleep). A call of queue_rq or commit_rqs may therefore still use the hardware
 * queue although its last request has ended. Once all queues are frozen, no further call begins, so
 * the first hardware queue of each queue to end waits for all such calls. (From 6.2 on the readers
 * are those of the tag set, before that of a queue. The end of a disk has waited for them before.)
 */
static inline void apus_hardware_queue_settle(struct blk_mq_hw_ctx *_Nonnull hctx)
{
	struct apus_tag_set *tags = apus_tag_set_of(hctx->queue);

	if (!apus_tag_set_is_changing(tags) || tags->settled == hctx->queue)
		return;
	apus_compat_wait_dispatched(hctx->queue);
	/* The requeue list is empty, but its work runs all hardware queues. */
	cancel_delayed_work_sync(&hctx->queue->requeue_work);
	tags->settled = hctx->queue;
}

/*
 * A hardware queue ends: no callback uses it or borrows its data any more. The block layer may use
 * its memory for another one, and frees the memory, without a look at the work that runs the queue,
 * if that one cannot be initialized. The queue is frozen, so only drivers could start the work
 * again: see apus_hardware_queue_run. Returns the data if it ends now. A change of the number of
 * hardware queues keeps it until its end.
 */
static inline void *apus_hardware_queue_leave(struct blk_mq_hw_ctx *_Nonnull hctx,
					      unsigned int index)
{
	struct apus_tag_set *tags = apus_tag_set_of(hctx->queue);
	struct apus_kept *kept;
	void *data;

	apus_hardware_queue_settle(hctx);
	cancel_delayed_work_sync(&hctx->run_work);
	data = xchg(&hctx->driver_data, NULL);
	if (!apus_tag_set_is_changing(tags))
		return data;
	/* Its flush request has just ended. */
	list_for_each_entry(kept, &tags->kept_requests, node)
		if (!kept->queue)
			kept->queue = hctx->queue;
	if (data)
		apus_kept_add(&tags->kept, data, hctx->queue, index);
	return NULL;
}

/*
 * A hardware queue, or its flush request, cannot be initialized, so the block layer frees the
 * hardware queue. An earlier step of the change may have taken it from its queue while others
 * looked at it: RCU readers, visits, and the block layer's own runs of the hardware queues, which
 * are neither, but do not wait.
 */
static noinline __maybe_unused void apus_hardware_queue_refuse(void *set)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);

	if (!apus_tag_set_is_changing(tags))
		return;
	synchronize_rcu();
	while (atomic_read_acquire(&tags->visits))
		schedule_timeout_uninterruptible(1);
	down_write(&apus_quiescing);
	up_write(&apus_quiescing);
	synchronize_rcu_tasks();
}

/*
 * The data of a request could not be made. (Only a scheduler's requests are made beside tags.) For
 * a flush request the block layer frees the hardware queue.
 */
static inline void apus_request_refuse(void *set, unsigned int index, enum apus_request_begins kind)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);

	if (apus_tag_set_is_changing(tags) && index < tags->set.nr_hw_queues &&
	    !tags->set.tags[index])
		tags->lacks_data = true;
	if (kind == APUS_REQUEST_IS_FOR_FLUSHES)
		apus_hardware_queue_refuse(set);
}

/*
 * A hardware queue begins, with data that may be null. Its flush request is the next one to be
 * initialized.
 */
static inline void apus_hardware_queue_begin(struct blk_mq_hw_ctx *_Nonnull hctx, void *data)
{
	hctx->driver_data = data;
	apus_maker_exchange(apus_tag_set_of(hctx->queue), hctx);
}

/*
 * Begins a hardware queue if it needs no new data, and returns whether it does so. A change ends
 * and begins each hardware queue, and the block layer cannot do without those that existed before:
 * such a queue gets its data again. A disk without a driver needs none.
 */
static inline bool apus_hardware_queue_begin_again(struct blk_mq_hw_ctx *_Nonnull hctx,
						   unsigned int index)
{
	struct apus_tag_set *tags = apus_tag_set_of(hctx->queue);
	void *data = apus_tag_set_is_changing(tags) ?
			     apus_kept_take(&tags->kept, hctx->queue, index) :
			     NULL;

	if (!data && READ_ONCE(hctx->queue->queuedata))
		return false;
	apus_hardware_queue_begin(hctx, data);
	return true;
}

/*
 * Maps the hardware queues of one kind, which begin at `offset`, to the CPUs. group_cpus_evenly
 * warns about more queues than CPUs. The CPUs would not use them in any case.
 */
static inline void apus_map_queues(void *set, unsigned int type, unsigned int count,
				   unsigned int offset)
{
	struct blk_mq_queue_map *map = &((struct blk_mq_tag_set *)set)->map[type];

	map->nr_queues = min(count, num_possible_cpus());
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

/* Returns true for the last owner, who then frees the tag set. */
static inline bool apus_tag_set_put(struct apus_tag_set *tags)
{
	return refcount_dec_and_test(&tags->owners);
}

static inline void apus_tag_set_destroy(struct apus_tag_set *tags)
{
	apus_assert_may_sleep();
	/*
	 * Waits for the calls that look into the tag set. The hardware queues of its disks have
	 * ended, also those of a disk that was never added (put_disk ends them), so later calls
	 * find none.
	 */
	while (atomic_read_acquire(&tags->waits) || atomic_read_acquire(&tags->visits))
		schedule_timeout_uninterruptible(1);
	down_write(&apus_quiescing);
	up_write(&apus_quiescing);
	blk_mq_free_tag_set(&tags->set);
}

/* --- Request data that ends before its request: when a disk is detached from its driver --- */

static inline struct apus_request_link *apus_request_link(struct request *request, size_t offset)
{
	return blk_mq_rq_to_pdu(request) + offset;
}

/* The request has data from here on. */
static inline void apus_request_link_init(void *set, struct request *request, size_t offset,
					  unsigned int hardware_queue, bool is_flush)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	struct apus_request_link *link = apus_request_link(request, offset);

	link->hardware_queue = hardware_queue;
	link->ended = false;
	link->is_flush = is_flush;
	mutex_lock(&tags->data_lock);
	link->round = tags->round;
	list_add_tail(&link->node, &tags->requests);
	mutex_unlock(&tags->data_lock);
}

/*
 * Called before the request's memory is freed. Returns whether its data ends: it is there, and is
 * not kept.
 */
static inline bool apus_request_link_exit(void *set, struct request *request, size_t offset,
					  const void *place, size_t size, unsigned int index)
{
	struct apus_tag_set *tags = container_of(set, struct apus_tag_set, set);
	struct apus_request_link *link = apus_request_link(request, offset);

	mutex_lock(&tags->data_lock);
	list_del(&link->node);
	mutex_unlock(&tags->data_lock);
	return !link->ended && !apus_request_keep(set, link, place, size, index);
}

/* The request's data has ended for good. The caller holds data_lock. */
static inline void apus_request_link_end(struct request *request, size_t offset)
{
	apus_request_link(request, offset)->ended = true;
}

/* Starts a new round, which looks at each request once more. */
static inline void apus_data_sweep_begin(struct apus_tag_set *tags)
{
	mutex_lock(&tags->data_lock);
	tags->round++;
	mutex_unlock(&tags->data_lock);
}

/*
 * Returns the hardware queue of the next request whose data may be exchanged, or -1 if there is no
 * such request. The requests of a tag set whose hardware queues share them count as queue 0's.
 */
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
 * Returns the next request if its data has not ended and it is idle. data_lock is then held until
 * apus_data_sweep_leave. Returns null if the request is not idle; there may be further requests.
 *
 * The tag set's only disk has no driver any more, so no Swift value of a request is created. A
 * request without a reference has no such value and gets none: its last user finished before it put
 * the reference. Another disk is counted, under the lock, before its queue has requests. A request
 * leaves the list, under the lock, before its memory is freed.
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

/* Counts a new disk, before it has requests. */
static inline void apus_tag_set_add_disk(struct apus_tag_set *tags)
{
	mutex_lock(&tags->data_lock);
	tags->disks++;
	mutex_unlock(&tags->data_lock);
}

/* Removes a disk from the count. Its queue has no requests any more. */
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
 * Returns whether the caller may end the tag set's data now. driver_data is null after that, so the
 * block layer does not get the data any more. The caller is the only owner: a disk that has
 * requests. The usage reference keeps the queue from being frozen. The block layer creates requests
 * or hardware queues, which borrow the data, only while the queue is frozen: for a scheduler, or
 * for another number of hardware queues.
 */
static inline bool apus_tag_set_take_data(struct apus_tag_set *tags,
					  struct request_queue *_Nonnull queue)
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

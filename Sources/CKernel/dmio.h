/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/DeviceMapper: a target's own I/O by dm-io, and copies by kcopyd. */
#ifndef APUS_DMIO_H
#define APUS_DMIO_H

/* --- Regions: the places on devices that one I/O goes to --- */

enum {
	APUS_DM_REGIONS = DM_KCOPYD_MAX_REGIONS,
};

/* Each region holds an in-flight reference to its device, so that no device is closed meanwhile. */
struct apus_dm_regions {
	unsigned int count;
	struct apus_dm_device *devices[APUS_DM_REGIONS];
	u64 sectors[APUS_DM_REGIONS];
};

static inline int apus_dm_regions_add(struct apus_dm_regions *regions,
				      struct apus_dm_device *device, u64 sector)
{
	if (regions->count >= APUS_DM_REGIONS)
		return -ENOSPC;
	if (!apus_dm_enter(device))
		return -ENODEV;
	regions->devices[regions->count] = device;
	regions->sectors[regions->count] = sector;
	regions->count++;
	return 0;
}

/* Whether all devices belong to this target, which keeps them open. */
static inline bool apus_dm_regions_are_of(const struct apus_dm_regions *regions, const void *target)
{
	unsigned int i;

	for (i = 0; i < regions->count; i++)
		if (!apus_dm_is_of(regions->devices[i], target))
			return false;
	return true;
}

static inline void apus_dm_regions_leave(const struct apus_dm_regions *regions)
{
	unsigned int i;

	for (i = 0; i < regions->count; i++)
		apus_inflight_put(&regions->devices[i]->device.inflight);
}

/*
 * Whether a range consists of whole blocks of a device. Not every kernel checks block alignment, so
 * the library does.
 */
static inline bool apus_dm_is_aligned(const struct apus_dm_device *device, u64 sector, u64 length)
{
	unsigned int mask = (bdev_logical_block_size(device->device.bdev) >> SECTOR_SHIFT) - 1;

	return !((sector | length) & mask);
}

static inline bool apus_dm_regions_are_aligned(const struct apus_dm_regions *regions, u64 length)
{
	unsigned int i;

	for (i = 0; i < regions->count; i++)
		if (!apus_dm_is_aligned(regions->devices[i], regions->sectors[i], length))
			return false;
	return true;
}

/* Whether all devices were opened for writing. The block layer does not check that. */
static inline bool apus_dm_regions_are_writable(const struct apus_dm_regions *regions)
{
	unsigned int i;

	for (i = 0; i < regions->count; i++)
		if (!regions->devices[i]->device.is_writable)
			return false;
	return true;
}

static inline void apus_dm_regions_fill(const struct apus_dm_regions *regions, u64 length,
					struct dm_io_region *where)
{
	unsigned int i;

	for (i = 0; i < regions->count; i++) {
		where[i].bdev = regions->devices[i]->device.bdev;
		where[i].sector = regions->sectors[i];
		where[i].count = length;
	}
}

/* --- dm-io --- */

struct apus_io_client {
	struct apus_inflight inflight;
	struct dm_io_client *client;
};

enum apus_io_memory {
	APUS_IO_LINEAR = DM_IO_KMEM,
	APUS_IO_VIRTUAL = DM_IO_VMA,
};

static inline int apus_io_client_init(struct apus_io_client *client)
{
	apus_assert_may_sleep();
	apus_inflight_init(&client->inflight);
	client->client = dm_io_client_create();
	return PTR_ERR_OR_ZERO(client->client);
}

static inline void apus_io_client_exit(struct apus_io_client *client)
{
	apus_assert_may_sleep();
	dm_io_client_destroy(client->client);
}

/* Waits for the I/O. The memory, if there is any, is `length` sectors long. */
static inline int apus_io_wait(struct apus_io_client *client, const struct apus_dm_regions *regions,
			       u64 length, u32 word, enum apus_io_memory type, void *memory,
			       unsigned long *errors)
{
	struct dm_io_region where[APUS_DM_REGIONS];
	u32 flags = word & ~(__force u32)REQ_OP_MASK;
	struct dm_io_request request = {
		.mem.type = (enum dm_io_mem_type)type,
		.mem.ptr.addr = memory,
		.client = client->client,
	};
	int status;

	*errors = 0;
	if (!apus_flags_fit(word & (__force u32)REQ_OP_MASK, &flags))
		return -EINVAL;
	request.bi_opf = (__force blk_opf_t)((word & (__force u32)REQ_OP_MASK) | flags);
	apus_dm_regions_fill(regions, length, where);
	status = dm_io(&request, regions->count, where, errors, IOPRIO_DEFAULT);
	/* dm_io also returns EIO for the errors that it reports in `errors`. */
	return *errors ? 0 : status;
}

/* dm-io divides a bio's memory anew, at the ends of its entries. */
static inline bool apus_io_takes(struct bio *bio, const struct apus_dm_regions *regions)
{
	unsigned int i;

	switch (bio_op(bio)) {
	case REQ_OP_READ:
		if (regions->count != 1)
			return false;
		break;
	case REQ_OP_WRITE:
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		if (!regions->count)
			return false;
		break;
	default:
		return false;
	}
	for (i = 0; i < regions->count; i++) {
		struct block_device *bdev = regions->devices[i]->device.bdev;

		if (!apus_io_is_plain(bdev, bio) &&
		    !apus_io_fits(bdev, bio, regions->sectors[i], true))
			return false;
	}
	return true;
}

/*
 * Does what the bio asks for on each region. `notify` gets the bio back. The bio's header belongs
 * to the target before this call, and again when `notify` has the bio.
 */
static inline int apus_io_submit(struct apus_io_client *client,
				 const struct apus_dm_regions *regions, struct bio *bio,
				 struct apus_dm_bio *header, void *target, void *notify)
{
	struct dm_io_region where[APUS_DM_REGIONS];
	struct dm_io_request request = {
		.bi_opf = bio->bi_opf &
			  (REQ_OP_MASK |
			   (APUS_PASSED_FLAGS & apus_fitting_flags((__force u32)bio_op(bio)))),
		.mem.type = bio_has_data(bio) ? DM_IO_BIO : DM_IO_KMEM,
		.mem.ptr.bio = bio_has_data(bio) ? bio : NULL,
		.notify.fn = (io_notify_fn)notify,
		.notify.context = bio,
		.client = client->client,
	};

	struct blk_plug *hidden;
	int status;

	header->client = client;
	header->target = target;
	apus_inflight_get(&client->inflight);
	apus_dm_regions_fill(regions, bio_sectors(bio), where);
	hidden = apus_plug_hide();
	status = dm_io(&request, regions->count, where, NULL, bio_prio(bio));
	apus_plug_show(hidden);
	/* After an error nothing was submitted. */
	if (status)
		apus_inflight_put(&client->inflight);
	return status;
}

static inline void apus_io_client_left(struct apus_io_client *client)
{
	apus_inflight_put(&client->inflight);
}

/* --- kcopyd --- */

enum apus_copy_options {
	APUS_COPY_IGNORES_ERRORS = BIT(DM_KCOPYD_IGNORE_ERROR),
	APUS_COPY_IN_ORDER = BIT(DM_KCOPYD_WRITE_SEQ),
};

/* Slows copies down. Each client and each Swift value has a reference. */
struct apus_throttle {
	refcount_t owners;
	struct dm_kcopyd_throttle throttle;
};

static inline void apus_throttle_init(struct apus_throttle *throttle, unsigned int percent)
{
	refcount_set(&throttle->owners, 1);
	throttle->throttle = (struct dm_kcopyd_throttle){ .throttle = percent };
}

/* Not inlined, for the reason given at apus_inflight_drain. */
static noinline __maybe_unused void apus_throttle_get(struct apus_throttle *throttle)
{
	refcount_inc(&throttle->owners);
}

static noinline __maybe_unused void apus_throttle_put(struct apus_throttle *throttle)
{
	if (refcount_dec_and_test(&throttle->owners))
		kfree(throttle);
}

static inline void apus_throttle_set(struct apus_throttle *throttle, unsigned int percent)
{
	WRITE_ONCE(throttle->throttle.throttle, percent);
}

static inline unsigned int apus_throttle_percent(const struct apus_throttle *throttle)
{
	return READ_ONCE(throttle->throttle.throttle);
}

struct apus_copy_client {
	/*
	 * The users are the calls that were prepared but not made yet. (kcopyd itself counts copies
	 * and calls, and waits for them.)
	 */
	struct apus_inflight inflight;
	struct dm_kcopyd_client *client;
	/* The task that runs a handler. Handlers run one after the other. */
	struct task_struct *runner;
};

static inline int apus_copy_client_init(struct apus_copy_client *client,
					struct apus_throttle *throttle)
{
	apus_assert_may_sleep();
	apus_inflight_init(&client->inflight);
	client->runner = NULL;
	client->client = dm_kcopyd_client_create(throttle ? &throttle->throttle : NULL);
	return PTR_ERR_OR_ZERO(client->client);
}

/* Waits until the handlers have returned. */
static inline void apus_copy_client_exit(struct apus_copy_client *client)
{
	apus_assert_may_sleep();
	dm_kcopyd_client_destroy(client->client);
}

static inline bool apus_copy_client_is_own(const struct apus_copy_client *client)
{
	return READ_ONCE(client->runner) == current;
}

static inline void apus_copy_client_flush(struct apus_copy_client *client)
{
	apus_assert_may_sleep();
	dm_kcopyd_client_flush(client->client);
}

/* The state of a copy. It stands in front of the copy's handler until the handler has run. */
struct apus_copy {
	struct apus_copy_client *client;
	/* Null if zeroes are written, and for a call without a copy. */
	struct apus_dm_device *source;
	struct apus_dm_regions to;
};

static inline void apus_copy_start(struct apus_copy_client *client, struct apus_copy *copy,
				   u64 sector, u64 length, u32 options, void *notify)
{
	struct dm_io_region from, where[APUS_DM_REGIONS];

	copy->client = client;
	apus_dm_regions_fill(&copy->to, length, where);
	if (copy->source) {
		apus_inflight_get(&copy->source->device.inflight);
		from = (struct dm_io_region){ .bdev = copy->source->dev.bdev,
					      .sector = sector,
					      .count = length };
	}
	dm_kcopyd_copy(client->client, copy->source ? &from : NULL, copy->to.count, where, options,
		       (dm_kcopyd_notify_fn)notify, copy);
}

static inline void *_Nonnull apus_copy_prepare(struct apus_copy_client *client,
					       struct apus_copy *copy, void *notify)
{
	apus_inflight_get(&client->inflight);
	copy->client = client;
	return dm_kcopyd_prepare_callback(client->client, (dm_kcopyd_notify_fn)notify, copy);
}

static inline void apus_copy_call(struct apus_copy_client *client, void *job, bool read_failed,
				  unsigned long write_errors)
{
	dm_kcopyd_do_callback(job, read_failed, write_errors);
	apus_inflight_put(&client->inflight);
}

static inline void apus_copy_begin_handler(const struct apus_copy *copy)
{
	WRITE_ONCE(copy->client->runner, current);
}

/* The client stays until the callback has returned. */
static inline void apus_copy_end_handler(const struct apus_copy *copy)
{
	WRITE_ONCE(copy->client->runner, NULL);
	apus_dm_regions_leave(&copy->to);
	if (copy->source)
		apus_inflight_put(&copy->source->device.inflight);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A generator of bios, which measures what they cost. `apus bench` loads it into a guest whose time
 * stamp counter counts instructions (`-icount shift=0`).
 *
 * A write of "DEVICE OPERATION BYTES DEPTH SPAN SMALL LARGE SAMPLES" to the parameter `run`
 * submits batches of bios of two sizes. DEPTH bios are in flight together. The difference of the
 * times of two batches is what the additional bios took, without the cost of the batch itself. The
 * parameter `result` then has the least time of each size of batch, of SAMPLES batches.
 *
 * A write of "DEVICE" to the parameter `settle` lets the search for a tag of that device begin at
 * the first tag. The kernel chooses a random one, and a tag in the last word of the bitmap costs
 * some instructions more, so two boots would differ.
 *
 * The bios and their memory are the same for all devices, so that two devices differ only in their
 * drivers. The bios of a batch are not adjacent, so the block layer does not merge them.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <asm/tsc.h>

#define MAX_DEPTH 128
#define MAX_ORDER_OF_BIO 4
#define MAX_PAGES (1U << MAX_ORDER_OF_BIO)
#define MAX_SAMPLES 101
/* Bytes of the device that lie between the bios of a batch, modulo the span. It is a prime number
 * of bios, so that bios visit every place of a span whose number of places is a power of two.
 */
#define STRIDE 389

static struct bio *bios[MAX_DEPTH];
static struct page *memory[MAX_DEPTH];
static char result[256];
static DEFINE_MUTEX(running);

static atomic_t in_flight;
static atomic_t failed;

struct job {
	struct block_device *device;
	blk_opf_t operation;
	unsigned int bytes;
	unsigned int depth;
	u64 places;
	u64 next;
};

static void ended(struct bio *bio)
{
	if (bio->bi_status)
		atomic_inc(&failed);
	atomic_dec(&in_flight);
}

/* Submits `depth` bios and waits for them. It does not sleep: in a guest that counts instructions,
 * time jumps while all tasks sleep. A task that a driver has woken runs in cond_resched, since the
 * caller has the policy SCHED_IDLE.
 */
static void submit_round(struct job *job)
{
	struct blk_plug plug;
	unsigned int i;

	atomic_set(&in_flight, job->depth);
	if (job->depth > 1)
		blk_start_plug(&plug);
	for (i = 0; i < job->depth; i++) {
		struct bio *bio = bios[i];

		bio_reset(bio, job->device, job->operation);
		bio->bi_vcnt = DIV_ROUND_UP(job->bytes, PAGE_SIZE);
		bio->bi_iter.bi_size = job->bytes;
		bio->bi_iter.bi_sector = job->next * (job->bytes >> SECTOR_SHIFT);
		bio->bi_end_io = ended;
		job->next += STRIDE;
		while (job->next >= job->places)
			job->next -= job->places;
		submit_bio(bio);
	}
	if (job->depth > 1)
		blk_finish_plug(&plug);
	while (atomic_read(&in_flight))
		cond_resched();
}

/* The time of a batch of `count` bios, with what the driver's own tasks do for them. */
static noinline u64 measure_batch(struct job *job, unsigned int count)
{
	u64 start = rdtsc_ordered();
	unsigned int i;

	for (i = 0; i < count; i += job->depth)
		submit_round(job);
	cond_resched();
	return rdtsc_ordered() - start;
}

static void prepare_bios(struct job *job)
{
	unsigned int i, page;

	for (i = 0; i < job->depth; i++) {
		unsigned int left = job->bytes;

		bio_reset(bios[i], job->device, job->operation);
		for (page = 0; left; page++) {
			unsigned int length = min_t(unsigned int, left, PAGE_SIZE);

			__bio_add_page(bios[i], nth_page(memory[i], page), length, 0);
			left -= length;
		}
	}
}

static int measure(struct job *job, const unsigned int counts[2], unsigned int number)
{
	u64 least[2] = { U64_MAX, U64_MAX };
	unsigned int i, size;

	prepare_bios(job);
	/* The first batches fill the caches of the allocators. */
	for (i = 0; i < 2; i++)
		measure_batch(job, counts[1]);
	atomic_set(&failed, 0);
	for (i = 0; i < number; i++) {
		for (size = 0; size < 2; size++) {
			least[size] = min(least[size], measure_batch(job, counts[size]));
			cond_resched();
		}
	}
	scnprintf(result, sizeof(result),
		  "small=%u large=%u least-small=%llu least-large=%llu bios=%u failed=%d\n",
		  counts[0], counts[1], least[0], least[1], (counts[0] + counts[1]) * number,
		  atomic_read(&failed));
	return 0;
}

static int parse_operation(const char *name, blk_opf_t *operation)
{
	/* The flags are those of direct I/O. */
	if (!strcmp(name, "read"))
		*operation = REQ_OP_READ;
	else if (!strcmp(name, "write"))
		*operation = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE;
	else
		return -EINVAL;
	return 0;
}

static int run_on(struct block_device *device, const char *operation, unsigned int bytes,
		  unsigned int depth, u64 span, const unsigned int counts[2], unsigned int number)
{
	struct job job = { .device = device, .bytes = bytes, .depth = depth };
	int error = parse_operation(operation, &job.operation);

	if (error)
		return error;
	if (!bytes || bytes % bdev_logical_block_size(device) || bytes > MAX_PAGES * PAGE_SIZE ||
	    !depth || depth > MAX_DEPTH || !number || number > MAX_SAMPLES ||
	    counts[0] % depth || counts[1] % depth || counts[0] >= counts[1] ||
	    span > bdev_nr_bytes(device))
		return -EINVAL;
	job.places = div_u64(span, bytes);
	if (!job.places)
		return -EINVAL;
	return measure(&job, counts, number);
}

struct opened {
	struct block_device *device;
	struct file *file;
};

static int open_device(struct opened *opened, const char *path)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	opened->file = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	if (IS_ERR(opened->file))
		return PTR_ERR(opened->file);
	opened->device = file_bdev(opened->file);
	return 0;
#else
	opened->device = blkdev_get_by_path(path, FMODE_READ | FMODE_WRITE, NULL);
	return PTR_ERR_OR_ZERO(opened->device);
#endif
}

static void close_device(struct opened *opened)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	fput(opened->file);
#else
	blkdev_put(opened->device, FMODE_READ | FMODE_WRITE);
#endif
}

static int run_set(const char *text, const struct kernel_param *parameter)
{
	char path[64], operation[16];
	unsigned int bytes, depth, counts[2], number;
	unsigned long long span;
	struct opened opened;
	int error;

	if (sscanf(text, "%63s %15s %u %u %llu %u %u %u", path, operation, &bytes, &depth, &span,
		   &counts[0], &counts[1], &number) != 8)
		return -EINVAL;
	mutex_lock(&running);
	strscpy(result, "none\n", sizeof(result));
	error = open_device(&opened, path);
	if (!error) {
		error = run_on(opened.device, operation, bytes, depth, span, counts, number);
		close_device(&opened);
	}
	mutex_unlock(&running);
	return error;
}

static void settle_tags(struct blk_mq_tags *tags)
{
	int cpu;

	if (!tags)
		return;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(tags->bitmap_tags.sb.alloc_hint, cpu) = 0;
}

static int settle_set(const char *text, const struct kernel_param *parameter)
{
	struct opened opened;
	struct blk_mq_hw_ctx *context;
	struct request_queue *queue;
	unsigned long index;
	char path[64];
	int error;

	if (sscanf(text, "%63s", path) != 1)
		return -EINVAL;
	error = open_device(&opened, path);
	if (error)
		return error;
	queue = bdev_get_queue(opened.device);
	if (queue_is_mq(queue)) {
		queue_for_each_hw_ctx(queue, context, index) {
			settle_tags(context->tags);
			settle_tags(context->sched_tags);
		}
	} else {
		error = -EINVAL;
	}
	close_device(&opened);
	return error;
}

static int result_get(char *buffer, const struct kernel_param *parameter)
{
	return sysfs_emit(buffer, "%s", result);
}

static const struct kernel_param_ops run_operations = { .set = run_set };
static const struct kernel_param_ops settle_operations = { .set = settle_set };
static const struct kernel_param_ops result_operations = { .get = result_get };
module_param_cb(run, &run_operations, NULL, 0200);
module_param_cb(settle, &settle_operations, NULL, 0200);
module_param_cb(result, &result_operations, NULL, 0444);

static void release(void)
{
	unsigned int i;

	for (i = 0; i < MAX_DEPTH; i++) {
		if (bios[i])
			bio_put(bios[i]);
		if (memory[i])
			__free_pages(memory[i], MAX_ORDER_OF_BIO);
	}
}

static int __init bench_start(void)
{
	unsigned int i;

	for (i = 0; i < MAX_DEPTH; i++) {
		bios[i] = bio_alloc(NULL, MAX_PAGES, REQ_OP_READ, GFP_KERNEL);
		memory[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, MAX_ORDER_OF_BIO);
		if (!bios[i] || !memory[i]) {
			release();
			return -ENOMEM;
		}
	}
	return 0;
}

static void __exit bench_stop(void)
{
	release();
}

module_init(bench_start);
module_exit(bench_stop);
MODULE_AUTHOR("The Apus authors");
MODULE_DESCRIPTION("A generator of bios that counts instructions");
MODULE_LICENSE("GPL");

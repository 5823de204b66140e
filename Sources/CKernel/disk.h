/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for disks (Sources/BlockMQ): limits, and what can be changed while the disk is there. */
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

/* The largest number of sectors whose bytes a request can count. */
enum {
	APUS_SECTORS_MAX = UINT_MAX >> SECTOR_SHIFT,
};

/*
 * What a disk can be asked to be, in one structure for all kernels. 0 is the block layer's default, but for the block sizes and
 * the discard's granularity. Masks are those of the block layer: the size less one.
 */
struct apus_limits {
	unsigned int flags;
	unsigned int logical_block_size, physical_block_size, alignment_offset, io_min, io_opt;
	unsigned int max_hw_sectors, chunk_sectors;
	unsigned int max_segments, max_segment_size, dma_alignment;
	unsigned long seg_boundary_mask, virt_boundary_mask;
	unsigned int max_discard_sectors, max_discard_segments, discard_granularity, discard_alignment;
	unsigned int max_secure_erase_sectors, max_write_zeroes_sectors;
	/* For zoned disks: the size of a zone is chunk_sectors. */
	unsigned int max_zone_append_sectors, max_open_zones, max_active_zones;
};

#if APUS_LIMITS_AT_ALLOC
static inline struct gendisk *apus_alloc_disk(struct apus_tag_set *tags, const struct apus_limits *limits)
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
	return blk_mq_alloc_disk(&tags->set, &lim, APUS_QUEUE_IS_NEW);
}
#else
static inline struct gendisk *apus_alloc_disk(struct apus_tag_set *tags, const struct apus_limits *limits)
{
	struct gendisk *disk = blk_mq_alloc_disk(&tags->set, APUS_QUEUE_IS_NEW);
	struct request_queue *queue;

	if (IS_ERR(disk))
		return disk;
	queue = disk->queue;
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
	blk_queue_write_cache(queue, limits->flags & APUS_LIMIT_WRITE_CACHE, limits->flags & APUS_LIMIT_FUA);
	if (!(limits->flags & APUS_LIMIT_ROTATIONAL))
		blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	if (limits->flags & APUS_LIMIT_ADD_RANDOM)
		blk_queue_flag_set(QUEUE_FLAG_ADD_RANDOM, queue);
	if (limits->flags & APUS_LIMIT_STABLE_WRITES)
		blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, queue);
	return disk;
}
#endif

/* Whether the kernel was built with zoned devices. */
static inline bool apus_has_zones(void)
{
	return IS_ENABLED(CONFIG_BLK_DEV_ZONED);
}

/* How a disk appears. */
enum apus_disk_flags {
	APUS_DISK_REMOVABLE = GENHD_FL_REMOVABLE,
	APUS_DISK_NO_PARTITIONS = GENHD_FL_NO_PART,
	/* (Not the kernel's: a disk has that as a state.) */
	APUS_DISK_READ_ONLY = 1 << 16,
};

static inline void apus_disk_set_flags(struct gendisk *_Nonnull disk, unsigned int flags)
{
	disk->flags |= flags & (GENHD_FL_REMOVABLE | GENHD_FL_NO_PART);
	set_disk_ro(disk, flags & APUS_DISK_READ_ONLY);
}

static inline void apus_disk_resize(struct gendisk *_Nonnull disk, u64 sectors)
{
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

#endif

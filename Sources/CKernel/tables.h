/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The callbacks of each C table are where the Swift table has them. `make format` writes this
 * file from Sources/KernelMacros/Operations.swift.
 */
#ifndef APUS_TABLES_H
#define APUS_TABLES_H

#define APUS_CALLBACK(table, callback, before, index) \
	static_assert(offsetof(struct table, callback) == (before) + (index) * sizeof(void *))

/* BlockMQ.OperationsTable */
APUS_CALLBACK(blk_mq_ops, queue_rq, 0, 0);
APUS_CALLBACK(blk_mq_ops, commit_rqs, 0, 1);
APUS_CALLBACK(blk_mq_ops, queue_rqs, 0, 2);
APUS_CALLBACK(blk_mq_ops, get_budget, 0, 3);
APUS_CALLBACK(blk_mq_ops, put_budget, 0, 4);
APUS_CALLBACK(blk_mq_ops, set_rq_budget_token, 0, 5);
APUS_CALLBACK(blk_mq_ops, get_rq_budget_token, 0, 6);
APUS_CALLBACK(blk_mq_ops, timeout, 0, 7);
APUS_CALLBACK(blk_mq_ops, poll, 0, 8);
APUS_CALLBACK(blk_mq_ops, complete, 0, 9);
APUS_CALLBACK(blk_mq_ops, init_hctx, 0, 10);
APUS_CALLBACK(blk_mq_ops, exit_hctx, 0, 11);
APUS_CALLBACK(blk_mq_ops, init_request, 0, 12);
APUS_CALLBACK(blk_mq_ops, exit_request, 0, 13);
APUS_CALLBACK(blk_mq_ops, cleanup_rq, 0, 14);
APUS_CALLBACK(blk_mq_ops, busy, 0, 15);
APUS_CALLBACK(blk_mq_ops, map_queues, 0, 16);
APUS_CALLBACK(blk_mq_ops, show_rq, 0, 17);
static_assert(sizeof(struct blk_mq_ops) == 18 * sizeof(void *));

/* BlockMQ.DiskOperationsTable */
APUS_CALLBACK(apus_disk_table, open, 0, 0);
APUS_CALLBACK(apus_disk_table, release, 0, 1);
APUS_CALLBACK(apus_disk_table, control, 0, 2);
APUS_CALLBACK(apus_disk_table, geometry, 0, 3);
APUS_CALLBACK(apus_disk_table, set_read_only, 0, 4);
APUS_CALLBACK(apus_disk_table, swap_slot_freed, 0, 5);
APUS_CALLBACK(apus_disk_table, report_zones, 0, 6);
APUS_CALLBACK(apus_disk_table, unique_id, 0, 7);
APUS_CALLBACK(apus_disk_table, table_sector, 0, 8);
APUS_CALLBACK(apus_disk_table, check_events, 0, 9);
APUS_CALLBACK(apus_disk_table, reserve, 0, 10);
APUS_CALLBACK(apus_disk_table, make_data, 0, 11);
APUS_CALLBACK(apus_disk_table, free_data, 0, 12);
APUS_CALLBACK(apus_disk_table, submit, 0, 13);
APUS_CALLBACK(apus_disk_table, operations, 0, 14);

/* DeviceMapper.TargetTable */
APUS_CALLBACK(target_type, ctr, 40, 0);
APUS_CALLBACK(target_type, dtr, 40, 1);
APUS_CALLBACK(target_type, map, 40, 2);
APUS_CALLBACK(target_type, clone_and_map_rq, 40, 3);
APUS_CALLBACK(target_type, release_clone_rq, 40, 4);
APUS_CALLBACK(target_type, end_io, 40, 5);
APUS_CALLBACK(target_type, rq_end_io, 40, 6);
APUS_CALLBACK(target_type, presuspend, 40, 7);
APUS_CALLBACK(target_type, presuspend_undo, 40, 8);
APUS_CALLBACK(target_type, postsuspend, 40, 9);
APUS_CALLBACK(target_type, preresume, 40, 10);
APUS_CALLBACK(target_type, resume, 40, 11);
APUS_CALLBACK(target_type, status, 40, 12);
APUS_CALLBACK(target_type, message, 40, 13);
APUS_CALLBACK(target_type, prepare_ioctl, 40, 14);
APUS_CALLBACK(target_type, report_zones, 40, 15);
APUS_CALLBACK(target_type, busy, 40, 16);
APUS_CALLBACK(target_type, iterate_devices, 40, 17);
APUS_CALLBACK(target_type, io_hints, 40, 18);
APUS_CALLBACK(target_type, direct_access, 40, 19);
APUS_CALLBACK(target_type, dax_zero_page_range, 40, 20);
APUS_CALLBACK(target_type, dax_recovery_write, 40, 21);
APUS_CALLBACK(target_type, list, 40, 22);

/* Zpool.DriverTable */
APUS_CALLBACK(apus_zpool_table, create, 0, 0);
APUS_CALLBACK(apus_zpool_table, create_plain, 0, 1);
APUS_CALLBACK(apus_zpool_table, destroy, 0, 2);
APUS_CALLBACK(apus_zpool_table, malloc, 0, 3);
APUS_CALLBACK(apus_zpool_table, free, 0, 4);
APUS_CALLBACK(apus_zpool_table, shrink, 0, 5);
APUS_CALLBACK(apus_zpool_table, total_pages, 0, 6);
APUS_CALLBACK(apus_zpool_table, total_bytes, 0, 7);
static_assert(sizeof(struct apus_zpool_table) == 8 * sizeof(void *));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The probe's plain null driver, as one would write it in C. */
#include <linux/blk-mq.h>

static blk_status_t null_queue(struct blk_mq_hw_ctx *queue, const struct blk_mq_queue_data *data)
{
	blk_mq_start_request(data->rq);
	blk_mq_end_request(data->rq, BLK_STS_OK);
	return BLK_STS_OK;
}

extern struct blk_mq_ops null_operations;
struct blk_mq_ops null_operations = {
	.queue_rq = null_queue,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for debugfs and seq_file (Sources/Kernel/Debugfs). */
#ifndef APUS_DEBUGFS_H
#define APUS_DEBUGFS_H

#include <linux/debugfs.h>
#include <linux/seq_file.h>

/*
 * Writes a file's text: at most `size` bytes with the NUL, and `*count` bytes without it. Returns
 * 0, 1 if the text did not fit, or an error.
 */
typedef int (*apus_debug_callback)(void *file, char *buffer, size_t size, size_t *count);

/* A file's inode points to this, which is at the start of the Swift structure. */
struct apus_debug_file {
	apus_debug_callback callback;
	void *dentry;
} __attribute__((swift_attr("safe")));

/*
 * seq_file doubles the memory for as long as a text does not fit. A text beyond this size is
 * truncated.
 */
#define APUS_DEBUG_LARGEST (4u << 20)

static inline int apus_debug_show(struct seq_file *seq, void *unused)
{
	struct apus_debug_file *file = seq->private;
	char *buffer;
	size_t size = seq_get_buf(seq, &buffer), count = 0;
	int result;

	if (!size) {
		seq_commit(seq, -1);
		return 0;
	}
	result = file->callback(file, buffer, size, &count);
	if (result < 0)
		return result;
	/* To seq_file a full buffer is one that did not fit. */
	if (result && seq->size < APUS_DEBUG_LARGEST)
		seq_commit(seq, -1);
	else
		seq_commit(seq, count);
	return 0;
}

/* debugfs does not remove the file during this call. */
static inline int apus_debug_open(struct inode *inode, struct file *file)
{
	return single_open(file, apus_debug_show, inode->i_private);
}

/*
 * The owner cannot be unloaded while such a file is open, so these operations stay until
 * single_release.
 */
static inline const struct file_operations *apus_debug_operations(void)
{
	static const struct file_operations operations = {
		.owner = THIS_MODULE,
		.open = apus_debug_open,
		.read = seq_read,
		.llseek = seq_lseek,
		.release = single_release,
	};

	return &operations;
}

/* NULL if the kernel has no debugfs, or debugfs is switched off. To a driver that is no error. */
static inline int apus_debug_result(struct dentry *dentry, void **result)
{
	int error = PTR_ERR_OR_ZERO(dentry);

	*result = error ? NULL : dentry;
	return error == -ENODEV || error == -EPERM ? 0 : error;
}

static inline int apus_debug_directory(const char *name, void *parent, void **result)
{
	apus_assert_may_sleep();
	return apus_debug_result(debugfs_create_dir(name, parent), result);
}

static inline int apus_debug_create(const char *name, void *parent, struct apus_debug_file *file,
				    apus_debug_callback callback)
{
	apus_assert_may_sleep();
	file->callback = callback;
	return apus_debug_result(
		debugfs_create_file(name, 0444, parent, file, apus_debug_operations()),
		&file->dentry);
}

/* Waits for the readers, and lets no others begin. */
static inline void apus_debug_remove(void *dentry)
{
	apus_might_sleep();
	debugfs_remove(dentry);
}

#endif

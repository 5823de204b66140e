/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/DeviceMapper: target types, targets, their devices and bios. */
#ifndef APUS_DM_H
#define APUS_DM_H

/*
 * Swift passes its table (DeviceMapper.TargetTable) to device mapper as a struct target_type.
 * tables.h has the offsets of the callbacks.
 */
static_assert(offsetof(struct target_type, features) == 0);
static_assert(offsetof(struct target_type, name) == 8);
static_assert(offsetof(struct target_type, module) == 16);
static_assert(offsetof(struct target_type, version) == 24);
static_assert(sizeof(struct target_type) ==
	      offsetof(struct target_type, list) + sizeof(struct list_head));

enum apus_dm_result {
	APUS_DM_MAPIO_SUBMITTED = DM_MAPIO_SUBMITTED,
	APUS_DM_MAPIO_REMAPPED = DM_MAPIO_REMAPPED,
	APUS_DM_MAPIO_REQUEUE = DM_MAPIO_REQUEUE,
	APUS_DM_MAPIO_DELAY_REQUEUE = DM_MAPIO_DELAY_REQUEUE,
	APUS_DM_MAPIO_KILL = DM_MAPIO_KILL,
	APUS_DM_ENDIO_DONE = DM_ENDIO_DONE,
	APUS_DM_ENDIO_INCOMPLETE = DM_ENDIO_INCOMPLETE,
	APUS_DM_ENDIO_REQUEUE = DM_ENDIO_REQUEUE,
	APUS_DM_ENDIO_DELAY_REQUEUE = DM_ENDIO_DELAY_REQUEUE,
};

enum apus_dm_features {
	APUS_DM_TARGET_SINGLETON = DM_TARGET_SINGLETON,
	APUS_DM_TARGET_ALWAYS_WRITEABLE = DM_TARGET_ALWAYS_WRITEABLE,
	APUS_DM_TARGET_IMMUTABLE = DM_TARGET_IMMUTABLE,
	APUS_DM_TARGET_WILDCARD = DM_TARGET_WILDCARD,
	APUS_DM_TARGET_PASSES_INTEGRITY = DM_TARGET_PASSES_INTEGRITY,
	APUS_DM_TARGET_ZONED_HM = DM_TARGET_ZONED_HM,
	APUS_DM_TARGET_NOWAIT = DM_TARGET_NOWAIT,
	APUS_DM_TARGET_PASSES_CRYPTO = DM_TARGET_PASSES_CRYPTO,
};

enum apus_dm_status {
	APUS_DM_STATUS_INFO = STATUSTYPE_INFO,
	APUS_DM_STATUS_TABLE = STATUSTYPE_TABLE,
	APUS_DM_STATUS_IMA = STATUSTYPE_IMA,
	/*
	 * In the flags of a status (DM_STATUS_NOFLUSH_FLAG of drivers/md/dm.h, which modules cannot
	 * include).
	 */
	APUS_DM_STATUS_NOFLUSH = 1 << 0,
};

/* What the module keeps of a target type from its first registration on. */
struct apus_dm_registration {
	struct apus_left_over left;
	u64 features;
	unsigned long is_claimed;
	/*
	 * Submits bios late. Not kblockd: items that wait for a tag would keep it from the work
	 * that frees tags.
	 */
	struct workqueue_struct *queue;
};

/* Swift's table: device mapper's structure, and behind it the library's own part. */
struct apus_dm_type {
	struct target_type type;
	struct apus_dm_registration *registration;
};

/*
 * The bios of one target that were submitted where submission is not allowed: in interrupt context,
 * under a spin lock, or in the target's `ended`. A work item submits them, as nvme-multipath does
 * with the bios that it takes back (nvme_requeue_work). Each target has a list and a work item of
 * its own: the submission of a bio may wait for bios of a target below, of the same type, that are
 * submitted late as well.
 */
struct apus_dm_late {
	struct workqueue_struct *queue;
	spinlock_t lock;
	struct bio_list bios;
	struct work_struct work;
};

static void apus_dm_late_send(struct work_struct *work)
{
	struct apus_dm_late *late = container_of(work, struct apus_dm_late, work);
	struct bio_list bios;
	struct bio *bio;

	spin_lock_irq(&late->lock);
	bios = late->bios;
	bio_list_init(&late->bios);
	spin_unlock_irq(&late->lock);
	while ((bio = bio_list_pop(&bios)))
		dm_submit_bio_remap(bio, NULL);
}

/*
 * The work item is scheduled under the lock. Otherwise it could have submitted the bio already, for
 * an earlier caller, and the bio and its target could have ended.
 */
static noinline __maybe_unused void apus_dm_late_add(struct apus_dm_late *late, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&late->lock, flags);
	bio_list_add(&late->bios, bio);
	queue_work(late->queue, &late->work);
	spin_unlock_irqrestore(&late->lock, flags);
}

/* The target's bios have ended. The work item may still run, for a list that is empty. */
static noinline __maybe_unused void apus_dm_late_end(struct apus_dm_late *late)
{
	if (!late)
		return;
	flush_work(&late->work);
	kfree(late);
}

static int apus_dm_registration_end(struct apus_left_over *left, bool is_over)
{
	struct apus_dm_registration *registration =
		container_of(left, struct apus_dm_registration, left);

	if (!is_over)
		return -EAGAIN;
	/* It was not counted as a registration. The type's targets have ended. */
	destroy_workqueue(registration->queue);
	kfree(registration);
	return 0;
}

/*
 * Device mapper calls these hooks, or relies on these properties, without a check: the combinations
 * below are those that its own target types have. (validate_hardware_zoned, dm_blk_do_report_zones,
 * dm_set_zones_restrictions, dm_table_construct_crypto_profile.)
 */
static noinline __maybe_unused const char *apus_dm_unsound(const struct target_type *type,
							   u64 features)
{
	if ((features & DM_TARGET_WILDCARD) && !type->iterate_devices)
		return "a wildcard target needs visitDevices";
	/* Device mapper would take such a target for one whose devices have every mode. */
	if ((features & DM_TARGET_PASSES_CRYPTO) && !type->iterate_devices)
		return "a target that passes encryption needs visitDevices";
	if (!(features & DM_TARGET_ZONED_HM))
		return NULL;
	if (!type->report_zones)
		return "a target for zoned devices needs reportZones";
	if (type->clone_and_map_rq && (features & DM_TARGET_IMMUTABLE))
		return "a target that maps requests cannot be for zoned devices";
	return NULL;
}

/*
 * Claims a table, so that only one registration of it exists at a time, and sets its features.
 * Targets may still exist when their registration ends, and device mapper reads their features. So
 * a type keeps the features of its first registration until the module ends, and a registration
 * that is refused leaves the table as it was.
 */
static noinline __maybe_unused int apus_dm_claim(void *table, u64 features, const char *name)
{
	struct apus_dm_type *type = table;
	struct apus_dm_registration *registration = READ_ONCE(type->registration);
	const char *unsound;

	apus_assert_may_sleep();
	/*
	 * A table of such a type is request-based from the beginning. Otherwise a target without
	 * `map` could get into a bio-based table.
	 */
	if (type->type.clone_and_map_rq && !type->type.map)
		features |= DM_TARGET_IMMUTABLE;
	unsound = apus_dm_unsound(&type->type, features);
	if (!unsound && registration && registration->features != features)
		unsound = "the features are not those of the first registration";
	if (unsound) {
		pr_err("%s: %s: %s\n", module_name(THIS_MODULE), name, unsound);
		return -EINVAL;
	}
	if (!registration) {
		registration = kzalloc(sizeof(*registration), GFP_KERNEL);
		if (!registration)
			return -ENOMEM;
		registration->queue = alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, name);
		if (!registration->queue) {
			kfree(registration);
			return -ENOMEM;
		}
		registration->left.take_back = apus_dm_registration_end;
		registration->features = features;
		if (cmpxchg(&type->registration, NULL, registration)) {
			destroy_workqueue(registration->queue);
			kfree(registration);
			return -EBUSY;
		}
		apus_leave_over(&registration->left);
	}
	if (test_and_set_bit(0, &registration->is_claimed))
		return -EBUSY;
	if (!test_and_set_bit(1, &registration->is_claimed))
		type->type.features = features;
	return 0;
}

static noinline __maybe_unused void apus_dm_disclaim(void *table)
{
	struct apus_dm_type *type = table;

	clear_bit_unlock(0, &type->registration->is_claimed);
}

static inline int apus_dm_register(void *table)
{
	struct target_type *type = table;
	int result;

	apus_assert_may_sleep();
	/*
	 * Without CONFIG_FS_DAX they are not called, and the kernel's own targets do not set them
	 * either.
	 */
	if (!IS_ENABLED(CONFIG_FS_DAX)) {
		type->direct_access = NULL;
		type->dax_zero_page_range = NULL;
		type->dax_recovery_write = NULL;
	}
	apus_compat_dm_type(type);
	result = dm_register_target(type);
	if (result)
		apus_dm_disclaim(table);
	return result;
}

static inline void apus_dm_unregister(void *table)
{
	apus_assert_may_sleep();
	dm_unregister_target(table);
	apus_dm_disclaim(table);
}

/* --- A target --- */

static inline void *apus_dm_private(const struct dm_target *ti)
{
	return ti->private;
}

static inline void apus_dm_set_private(struct dm_target *ti, void *data)
{
	ti->private = data;
}

/* The text is a constant in a module that stays until device mapper has printed it. */
static inline void apus_dm_set_error(struct dm_target *ti, const char *text)
{
	ti->error = (char *)text;
}

static inline u64 apus_dm_begin(const struct dm_target *ti)
{
	return ti->begin;
}

static inline u64 apus_dm_length(const struct dm_target *ti)
{
	return ti->len;
}

static inline const char *_Nonnull apus_dm_type_name(const struct dm_target *ti)
{
	return ti->type->name;
}

static inline unsigned int apus_dm_version(const struct dm_target *ti, unsigned int part)
{
	return part < 3 ? ti->type->version[part] : 0;
}

static inline const char *_Nonnull apus_dm_device_name(const struct dm_target *ti)
{
	return dm_table_device_name(ti->table);
}

/*
 * The words of a message, with their text, in memory of their own, or null without memory. Device
 * mapper has the text and the buffer of the reply in the same memory (get_result_buffer in
 * drivers/md/dm-ioctl.c). A device that is suspended gets messages, too, so the allocation does not
 * wait for I/O.
 */
static noinline __maybe_unused void *apus_dm_copy_words(unsigned int count, char *const *words)
{
	size_t size = count * sizeof(*words);
	unsigned int i, flags;
	char **copies, *text;

	for (i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	flags = memalloc_noio_save();
	copies = kvmalloc(size, GFP_KERNEL);
	memalloc_noio_restore(flags);
	if (!copies)
		return NULL;
	text = (char *)(copies + count);
	for (i = 0; i < count; i++) {
		size_t length = strlen(words[i]) + 1;

		copies[i] = memcpy(text, words[i], length);
		text += length;
	}
	return copies;
}

static inline void apus_dm_free_words(void *words)
{
	kvfree(words);
}

static inline bool apus_dm_is_writable(const struct dm_target *ti)
{
	return dm_table_get_mode(ti->table) & APUS_DM_MODE_WRITE;
}

static inline bool apus_dm_is_suspended(struct dm_target *ti)
{
	return dm_suspended(ti);
}

static inline bool apus_dm_is_post_suspending(struct dm_target *ti)
{
	return dm_post_suspending(ti);
}

static inline bool apus_dm_is_noflush_suspending(struct dm_target *ti)
{
	return dm_noflush_suspending(ti);
}

static inline void apus_dm_event(const struct dm_target *ti)
{
	apus_assert_may_sleep();
	dm_table_event(ti->table);
}

static inline void apus_dm_run_queue(const struct dm_target *ti)
{
	dm_table_run_md_queue_async(ti->table);
}

static inline int apus_dm_set_max_io_len(struct dm_target *ti, u64 sectors)
{
	return dm_set_target_max_io_len(ti, sectors);
}

static inline u32 apus_dm_max_io_len(const struct dm_target *ti)
{
	return ti->max_io_len;
}

static inline void apus_dm_set_flush_bios(struct dm_target *ti, unsigned int count)
{
	ti->num_flush_bios = count;
}

static inline void apus_dm_set_discard_bios(struct dm_target *ti, unsigned int count)
{
	ti->num_discard_bios = count;
}

static inline void apus_dm_set_secure_erase_bios(struct dm_target *ti, unsigned int count)
{
	ti->num_secure_erase_bios = count;
}

static inline void apus_dm_set_write_zeroes_bios(struct dm_target *ti, unsigned int count)
{
	ti->num_write_zeroes_bios = count;
}

static inline void apus_dm_set_per_io_data(struct dm_target *ti, unsigned int size)
{
	ti->per_io_data_size = size;
}

/*
 * When `map` has taken a bio, device mapper reads the bio's flags after the call, to account it as
 * in flight, unless the target says that it submits such bios with dm_submit_bio_remap, as the
 * library's targets do. If the I/O consists of several bios, of this target or of the table's
 * others, this bio may have been freed by then. (A reset of all zones is one for each zone.)
 */
static inline void apus_dm_settle_accounts(struct dm_target *ti)
{
	if (ti->num_flush_bios || (ti->type->features & DM_TARGET_ZONED_HM) ||
	    max_t(unsigned int, max(ti->num_discard_bios, ti->num_secure_erase_bios),
		  ti->num_write_zeroes_bios) > 1)
		ti->accounts_remapped_io = true;
}

/*
 * Device mapper allocates a mapped device's requests once, for its first table, with as much memory
 * for the target as that table's target asks for; a target that asks for none gets none. A table of
 * multipath may follow a wildcard target such as `error`. It keeps a struct dm_mpath_io of 24 bytes
 * in that memory, and does not check that there is room.
 */
static inline void apus_dm_keep_room_in_requests(struct dm_target *ti)
{
	if (ti->type->clone_and_map_rq)
		ti->per_io_data_size = max_t(unsigned int, ti->per_io_data_size, 64);
}

static inline void apus_dm_set_flush_supported(struct dm_target *ti, bool value)
{
	ti->flush_supported = value;
}

static inline void apus_dm_set_discards_supported(struct dm_target *ti, bool value)
{
	ti->discards_supported = value;
}

static inline void apus_dm_set_limits_swap_bios(struct dm_target *ti, bool value)
{
	ti->limit_swap_bios = value;
}

static inline void apus_dm_set_accounts_remapped_io(struct dm_target *ti, bool value)
{
	ti->accounts_remapped_io = value;
}

static inline void apus_dm_set_flush_bypasses_map(struct dm_target *ti, bool value)
{
	apus_compat_dm_set_flush_bypasses_map(ti, value);
}

/* --- Devices below a target: opened while the target is made, put when it has ended --- */

/*
 * A driver's value names one of these: a device below a target, or, without a bdev, the target
 * itself, for events. The target's list has a reference, and so has each value, which may outlive
 * the target. The last reference frees the memory. The in-flight count says whether the target
 * still exists. A reference keeps the device open, and the target alive.
 */
struct apus_dm_device {
	/* Of this only the in-flight count, the bdev and is_writable are used. */
	struct apus_device device;
	/*
	 * A copy of device mapper's structure. If another target of the table opens the device with
	 * more rights, device mapper frees its structure, and makes a new one for the same device
	 * (upgrade_mode, drivers/md/dm-table.c). The block device and the dax device stay.
	 */
	struct dm_dev dev;
	/* Null when the target has ended. */
	struct dm_target *target;
	refcount_t shares;
	struct apus_dm_device *next;
};

/* A range of a device that the target lies on. */
struct apus_dm_range {
	struct apus_dm_device *device;
	u64 start, length;
	struct apus_dm_range *next;
};

struct apus_dm_devices {
	struct apus_dm_late *late;
	struct apus_dm_device *first;
	/*
	 * The ranges that the driver showed when it was made, in its order. Device mapper is shown
	 * the same ranges each time that it asks.
	 */
	struct apus_dm_range *first_range, *last_range;
	unsigned int range_count;
};

#define APUS_DM_MAXIMUM_RANGES 65536

static noinline __maybe_unused bool apus_dm_late_make(const struct dm_target *ti,
						      struct apus_dm_devices *devices)
{
	struct apus_dm_late *late = kzalloc(sizeof(*late), GFP_KERNEL);

	if (!late)
		return false;
	late->queue = container_of(ti->type, struct apus_dm_type, type)->registration->queue;
	spin_lock_init(&late->lock);
	INIT_WORK(&late->work, apus_dm_late_send);
	devices->late = late;
	return true;
}

/*
 * Device mapper accepts a target without devices in any table. It would call the `map` of a target
 * that has none, and would give multipath requests without the memory that multipath needs
 * (init_tio_pdu).
 */
static noinline __maybe_unused bool apus_dm_lacks_device(const struct dm_target *ti,
							 const struct apus_dm_devices *devices)
{
	const struct apus_dm_device *device;

	if (!ti->type->clone_and_map_rq || ti->type->map)
		return false;
	/* An event is in the list, too, and has no device. */
	for (device = devices->first; device; device = device->next)
		if (device->dev.bdev)
			return false;
	return true;
}

static noinline __maybe_unused void apus_dm_leave(struct apus_dm_device *device)
{
	apus_inflight_put(&device->device.inflight);
}

/*
 * Takes an in-flight reference. Returns false if the target is ending or has ended: its end waits
 * for the references that were taken, and no others are. After true the caller must put the
 * reference.
 */
static noinline __maybe_unused bool apus_dm_enter(struct apus_dm_device *device)
{
	/* The target first: calls that overlap could keep the number above 0 for ever. */
	if (!READ_ONCE(device->target) ||
	    !atomic_inc_not_zero(&device->device.inflight.users))
		return false;
	if (READ_ONCE(device->target))
		return true;
	apus_dm_leave(device);
	return false;
}

static noinline __maybe_unused void apus_dm_unshare(struct apus_dm_device *device)
{
	if (refcount_dec_and_test(&device->shares))
		kfree(device);
}

/*
 * Whether the device belongs to this target. The target has not ended, because the caller has
 * something of it. So the device is open, and stays open.
 */
static inline bool apus_dm_is_of(const struct apus_dm_device *device, const void *target)
{
	return READ_ONCE(device->target) == target;
}

/*
 * Device mapper dispatches requests where it must not sleep (it makes its own queues that way), and
 * blk_insert_cloned_request calls the lower driver from there. So requests can only go to a driver
 * that does not sleep either.
 */
static inline bool apus_dm_takes_requests(struct block_device *bdev)
{
	struct request_queue *queue = bdev_get_queue(bdev);

	return queue_is_mq(queue) && !(queue->tag_set->flags & BLK_MQ_F_BLOCKING);
}

/* One reference is the list's, the other one the caller's. */
static inline void apus_dm_add(struct dm_target *ti, struct apus_dm_devices *devices,
			       struct apus_dm_device *device)
{
	apus_inflight_init(&device->device.inflight);
	refcount_set(&device->shares, 2);
	device->target = ti;
	device->next = devices->first;
	devices->first = device;
}

/*
 * Closes a device that apus_dm_open opened. dm_put_device wants the structure that the table has
 * now. To get it, the device is opened once more, in the same mode, which changes nothing.
 */
static noinline __maybe_unused void apus_dm_close(struct dm_target *ti, const struct dm_dev *dev)
{
	struct dm_dev *now;
	int status = dm_get_device(ti, dev->name, dev->mode, &now);

	if (WARN_ON_ONCE(status))
		return;
	dm_put_device(ti, now);
	dm_put_device(ti, now);
}

static inline int apus_dm_open(struct dm_target *ti, struct apus_dm_devices *devices,
			       const char *path, struct apus_dm_device **result)
{
	struct apus_dm_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	struct dm_dev *dev;
	int status;

	if (!device)
		return -ENOMEM;
	status = dm_get_device(ti, path, dm_table_get_mode(ti->table), &dev);
	if (status) {
		kfree(device);
		return status;
	}
	/* A target that has both hooks gets bios in this case. */
	if (ti->type->clone_and_map_rq && !ti->type->map && !apus_dm_takes_requests(dev->bdev)) {
		pr_err("device-mapper: table: %s: the driver of %pg takes bios only, or may sleep, so no request can be mapped to it\n",
		       ti->type->name, dev->bdev);
		dm_put_device(ti, dev);
		kfree(device);
		return -EINVAL;
	}
	device->dev = *dev;
	/* The mode that this table asked for. The structure may have more rights than that. */
	device->dev.mode = dm_table_get_mode(ti->table);
	device->device.bdev = dev->bdev;
	device->device.is_writable = dm_table_get_mode(ti->table) & APUS_DM_MODE_WRITE;
	apus_dm_add(ti, devices, device);
	*result = device;
	return 0;
}

static inline struct apus_dm_device *apus_dm_make_event(struct dm_target *ti,
							struct apus_dm_devices *devices)
{
	struct apus_dm_device *device = kzalloc(sizeof(*device), GFP_KERNEL);

	if (device)
		apus_dm_add(ti, devices, device);
	return device;
}

/* Waits for the in-flight references: the target's own bios, and the calls that are under way. */
static inline void apus_dm_put_devices(struct dm_target *ti, struct apus_dm_devices *devices)
{
	struct apus_dm_device *device;
	struct apus_dm_range *range;

	apus_assert_may_sleep();
	apus_dm_late_end(devices->late);
	devices->late = NULL;
	while ((range = devices->first_range)) {
		devices->first_range = range->next;
		kfree(range);
	}
	while ((device = devices->first)) {
		devices->first = device->next;
		WRITE_ONCE(device->target, NULL);
		apus_inflight_drain(&device->device.inflight);
		if (device->dev.bdev)
			apus_dm_close(ti, &device->dev);
		apus_dm_unshare(device);
	}
}

static inline struct apus_device *_Nonnull apus_dm_lower(struct apus_dm_device *device)
{
	return &device->device;
}

/* The caller holds an in-flight reference, here and below. */
static inline u64 apus_dm_sectors(const struct apus_dm_device *device)
{
	return bdev_nr_sectors(device->device.bdev);
}

static inline unsigned int apus_dm_number(const struct apus_dm_device *device)
{
	return device->device.bdev->bd_dev;
}

static inline bool apus_dm_can_discard(const struct apus_dm_device *device)
{
	return bdev_max_discard_sectors(device->device.bdev);
}

static inline unsigned int apus_dm_logical_block_size(const struct apus_dm_device *device)
{
	return bdev_logical_block_size(device->device.bdev);
}

/*
 * The target stays while there are in-flight references, even after this pointer was set to null.
 */
static inline void apus_dm_signal(const struct apus_dm_device *device)
{
	const struct dm_target *ti = READ_ONCE(device->target);

	apus_assert_may_sleep();
	if (ti)
		dm_table_event(ti->table);
}

/* The device's number, as major:minor. */
static inline const char *_Nonnull apus_dm_name(const struct apus_dm_device *device)
{
	return device->dev.name;
}

/*
 * Adds a range. Zoned devices and others are not mixed: some kernels would emulate zone appends,
 * and end bios that the target has ended.
 */
static inline int apus_dm_add_range(struct apus_dm_devices *devices, struct apus_dm_device *device,
				    u64 start, u64 length)
{
	struct apus_dm_range *range;

	if (devices->range_count >= APUS_DM_MAXIMUM_RANGES)
		return -E2BIG;
	if (devices->first_range && bdev_is_zoned(devices->first_range->device->device.bdev) !=
					    bdev_is_zoned(device->device.bdev))
		return -EINVAL;
	range = kzalloc(sizeof(*range), GFP_KERNEL);
	if (!range)
		return -ENOMEM;
	range->device = device;
	range->start = start;
	range->length = length;
	if (devices->last_range)
		devices->last_range->next = range;
	else
		devices->first_range = range;
	devices->last_range = range;
	devices->range_count++;
	return 0;
}

/*
 * Makes the driver, whose value has just been made, show its devices: without a callout,
 * iterate_devices records them.
 */
static inline int apus_dm_note_ranges(struct dm_target *ti)
{
	return ti->type->iterate_devices ? ti->type->iterate_devices(ti, NULL, NULL) : 0;
}

static inline int apus_dm_show_ranges(struct dm_target *ti, const struct apus_dm_devices *devices,
				      void *callout, void *data)
{
	const struct apus_dm_range *range;
	int result = 0;

	for (range = devices->first_range; range && !result; range = range->next)
		result = ((iterate_devices_callout_fn)callout)(ti, &range->device->dev,
							       range->start, range->length, data);
	return result;
}

static inline void apus_dm_route_ioctl(void *result, const struct apus_dm_device *device)
{
	*(struct block_device **)result = device->dev.bdev;
}

#ifdef CONFIG_BLK_DEV_ZONED
/*
 * A report of a target's zones. The kernel indexes zones by number, and asks for all of them, so
 * only their sectors limit their number. During the call, the function below takes the place of the
 * callback that gets the zones.
 */
struct apus_dm_zones {
	struct dm_target *target;
	struct dm_report_zones_args *args;
	report_zones_cb callback;
	void *data;
	/* The sector at which the next zone begins, and the mapped device's zone size. */
	u64 next, size;
	unsigned int before;
	int result;
};

static int apus_dm_zone_add(struct blk_zone *zone, unsigned int index, void *data)
{
	struct apus_dm_zones *zones = data;
	const struct dm_target *ti = zones->target;
	u64 end = ti->begin + ti->len;

	if (zones->result)
		return zones->result;
	/* The last zone of the device may be shorter. */
	if (!zones->size || zone->start != zones->next || zone->start < ti->begin ||
	    zone->start >= end || zone->len > end - zone->start || zone->len > zones->size ||
	    !zone->len ||
	    (zone->len < zones->size && zone->start + zone->len != dm_table_get_size(ti->table))) {
		pr_err_ratelimited(
			"device-mapper: %s: %s: a zone of %llu sectors at %llu is reported, where none can be\n",
			dm_table_device_name(ti->table), ti->type->name, zone->len, zone->start);
		zones->result = -EIO;
		/* The report goes on from here, if it does: see apus_dm_zones_end. */
		zones->args->zone_idx = index;
		zones->args->next_sector = zones->next;
		return zones->result;
	}
	zones->next = zone->start + zone->len;
	zones->result = zones->callback(zone, index, zones->data);
	return zones->result;
}

static inline void apus_dm_zones_begin(struct apus_dm_zones *zones, struct dm_target *ti, void *raw)
{
	struct dm_report_zones_args *args = raw;

	zones->target = ti;
	zones->args = args;
	zones->size = dm_disk(dm_table_get_md(ti->table))->queue->limits.chunk_sectors;
	/* Device mapper's zone sizes are powers of two. */
	if (!is_power_of_2(zones->size))
		zones->size = 0;
	zones->next = zones->size ? round_down((u64)args->next_sector, zones->size) : 0;
	zones->before = args->zone_idx;
	zones->callback = args->orig_cb;
	zones->data = args->orig_data;
	args->orig_cb = apus_dm_zone_add;
	args->orig_data = zones;
}

/*
 * Completes a report that failed, with zones that may have been written, up to `count` zones. A
 * reset of all zones asks for a report while it submits bios. Device mapper then ends the reset
 * once too often if the report fails (__send_zone_reset_all, 6.12). With these zones it resets each
 * of them, and each reset has its own result.
 */
static inline void apus_dm_zones_complete(struct apus_dm_zones *zones, unsigned int count)
{
	struct dm_report_zones_args *args = zones->args;
	u64 end = zones->target->begin + zones->target->len;

	while (args->zone_idx - zones->before < count && zones->next < end) {
		struct blk_zone zone = {
			.start = zones->next,
			.type = BLK_ZONE_TYPE_SEQWRITE_REQ,
			.cond = BLK_ZONE_COND_CLOSED,
			.len = min_t(u64, zones->size, end - zones->next),
		};

		zone.capacity = zone.len;
		zone.wp = zone.start + zone.len;
		zones->next += zone.len;
		args->next_sector = zones->next;
		zones->callback(&zone, args->zone_idx++, zones->data);
	}
}

/*
 * Returns the result of the report. A refused zone fails the report whatever the driver returned,
 * because the sector to continue from is not valid then. A report without a zone fails as well,
 * because device mapper would ask again forever.
 */
static inline int apus_dm_zones_end(struct apus_dm_zones *zones, int answer, unsigned int count)
{
	zones->args->orig_cb = zones->callback;
	zones->args->orig_data = zones->data;
	if (current->bio_list && zones->size &&
	    (zones->result || answer < 0 || zones->args->zone_idx == zones->before)) {
		apus_dm_zones_complete(zones, count);
		return 0;
	}
	if (zones->result)
		return zones->result;
	if (answer < 0)
		return answer;
	return zones->args->zone_idx == zones->before ? -EIO : 0;
}

static inline u64 apus_dm_zones_next(const struct apus_dm_zones *zones)
{
	return zones->args->next_sector;
}

static inline unsigned int apus_dm_zones_reported(const struct apus_dm_zones *zones)
{
	return zones->args->zone_idx;
}

static inline int apus_dm_report_zones(struct apus_dm_zones *zones, struct apus_dm_device *device,
				       u64 start, u64 sector, unsigned int count)
{
	if (zones->result)
		return zones->result;
	return dm_report_zones(device->dev.bdev, start, sector, zones->args, count);
}
#else
struct apus_dm_zones {
	int result;
};

static inline void apus_dm_zones_begin(struct apus_dm_zones *zones, struct dm_target *ti, void *raw)
{
}

static inline int apus_dm_zones_end(struct apus_dm_zones *zones, int answer, unsigned int count)
{
	return answer;
}

static inline u64 apus_dm_zones_next(const struct apus_dm_zones *zones)
{
	return 0;
}

static inline unsigned int apus_dm_zones_reported(const struct apus_dm_zones *zones)
{
	return 0;
}

static inline int apus_dm_report_zones(struct apus_dm_zones *zones, struct apus_dm_device *device,
				       u64 start, u64 sector, unsigned int count)
{
	return -EOPNOTSUPP;
}
#endif

/* --- Direct access --- */

enum apus_dm_dax {
	APUS_DM_SECTORS_PER_PAGE = PAGE_SECTORS,
};

/*
 * Where a range of a target lies: the device and the sector that the target gave, and the page of
 * the device's memory that follows from them.
 */
struct apus_dm_place {
	/* The target of the range. */
	const void *target;
	struct apus_dm_device *device;
	u64 sector;
	pgoff_t page;
};

#if IS_ENABLED(CONFIG_FS_DAX)
/*
 * Checks what the target gave, and returns how many of the pages exist. The next layer does not
 * check: the device's driver returns an address even for a place beyond the device's end.
 * Partitions of pmem begin at a page boundary, so a place that does not is the target's mistake.
 */
static inline long apus_dm_place_pages(struct apus_dm_place *place, long pages)
{
	struct block_device *bdev;
	u64 sectors;

	if (!place->device)
		return -EIO;
	if (!place->device->dev.dax_dev)
		return -EOPNOTSUPP;
	bdev = place->device->dev.bdev;
	sectors = bdev_nr_sectors(bdev);
	if (place->sector >= sectors || sectors - place->sector < PAGE_SECTORS)
		return -EIO;
	if ((get_start_sect(bdev) + place->sector) % PAGE_SECTORS)
		return -EINVAL;
	place->page = (get_start_sect(bdev) + place->sector) / PAGE_SECTORS;
	return min_t(u64, pages, (sectors - place->sector) / PAGE_SECTORS);
}

static inline long apus_dm_direct_access(const struct apus_dm_place *place, long pages, u32 mode,
					 void *address, void *frame)
{
	return dax_direct_access(place->device->dev.dax_dev, place->page, pages,
				 (enum dax_access_mode)mode, address, frame);
}

/* The kernel's function takes exactly one page. */
static inline int apus_dm_zero_page(const struct apus_dm_place *place)
{
	return dax_zero_page_range(place->device->dev.dax_dev, place->page, 1);
}

/*
 * The kernel's function does not check whether the device still exists. The caller is a reader
 * under dax_read_lock, which keeps it there.
 */
static inline unsigned long apus_dm_recover_write(const struct apus_dm_place *place, void *address,
						  unsigned long bytes, void *source)
{
	struct dax_device *dax = place->device->dev.dax_dev;

	return dax_alive(dax) ? dax_recovery_write(dax, place->page, address, bytes, source) : 0;
}
#else
static inline long apus_dm_place_pages(struct apus_dm_place *place, long pages)
{
	return -EOPNOTSUPP;
}

static inline long apus_dm_direct_access(const struct apus_dm_place *place, long pages, u32 mode,
					 void *address, void *frame)
{
	return -EOPNOTSUPP;
}

static inline int apus_dm_zero_page(const struct apus_dm_place *place)
{
	return -EOPNOTSUPP;
}

static inline unsigned long apus_dm_recover_write(const struct apus_dm_place *place, void *address,
						  unsigned long bytes, void *source)
{
	return 0;
}
#endif

/* --- Limits, for io_hints --- */

static inline void apus_dm_limits_set_discard(void *raw, unsigned int sectors,
					      unsigned int granularity)
{
	struct queue_limits *limits = raw;

	limits->max_hw_discard_sectors = sectors;
	limits->max_discard_sectors = sectors;
	limits->discard_granularity = granularity;
}

static inline void apus_dm_limits_set_io(void *raw, unsigned int minimum, unsigned int optimal)
{
	struct queue_limits *limits = raw;

	limits->io_min = minimum;
	limits->io_opt = optimal;
}

static inline void apus_dm_limits_set_smallest_io(void *raw, unsigned int minimum)
{
	((struct queue_limits *)raw)->io_min = minimum;
}

static inline void apus_dm_limits_set_chunk(void *raw, unsigned int sectors)
{
	((struct queue_limits *)raw)->chunk_sectors = sectors;
}

static inline unsigned int apus_dm_limits_logical_block(const void *raw)
{
	return ((const struct queue_limits *)raw)->logical_block_size;
}

static inline unsigned int apus_dm_limits_physical_block(const void *raw)
{
	return ((const struct queue_limits *)raw)->physical_block_size;
}

static inline void apus_dm_limits_set_blocks(void *raw, unsigned int logical, unsigned int physical)
{
	struct queue_limits *limits = raw;

	limits->logical_block_size = logical;
	limits->physical_block_size = physical;
	limits->io_min = max(limits->io_min, physical);
}

static inline void apus_dm_limits_set_alignment(void *raw, unsigned int mask)
{
	((struct queue_limits *)raw)->dma_alignment = mask;
}

static inline void apus_dm_limits_set_transfer(void *raw, unsigned int sectors)
{
	struct queue_limits *limits = raw;

	limits->max_hw_sectors = sectors;
	limits->max_sectors = min(limits->max_sectors, sectors);
}

/* --- Bios that are mapped --- */

struct apus_io_client;

/*
 * What lower drivers change of a bio, as it was when it was mapped (dm_bio_record): its position
 * and its place in memory; its flags; its integrity data and its encryption context, which advance
 * with the bio; and the cgroup that its I/O is charged to, which the end of the bio resets.
 */
struct apus_dm_record {
	struct bvec_iter iter;
	blk_opf_t opf;
	unsigned short flags;
	unsigned short integrity_flags;
	u32 unused;
	struct block_device *bdev;
	struct cgroup_subsys_state *css;
#ifdef CONFIG_BLK_DEV_INTEGRITY
	struct bio_integrity_payload *integrity;
	struct bvec_iter integrity_iter;
	u32 unused_too;
#endif
#ifdef CONFIG_BLK_INLINE_ENCRYPTION
	struct bio_crypt_ctx crypt;
#endif
};

/*
 * Stands in front of a bio, followed by the target's data, if the target type handles the end of
 * bios.
 */
struct apus_dm_bio {
	/*
	 * is_final: the target does not handle the bio's next end. is_taken: the target has taken
	 * the bio back after an end.
	 */
	u32 is_final, is_taken;
	struct apus_dm_record record;
	/* The dm-io client that has the bio, and the target to which the bio belongs. */
	struct apus_io_client *client;
	void *target;
};

enum {
	APUS_DM_BIO_SIZE = sizeof(struct apus_dm_bio),
};

static_assert(sizeof(struct apus_dm_bio) % 8 == 0);

static inline struct apus_dm_bio *_Nonnull apus_dm_bio_data(struct bio *bio, size_t size)
{
	return dm_per_bio_data(bio, size);
}

static inline void apus_dm_bio_begin(struct bio *bio, struct apus_dm_bio *data)
{
	struct apus_dm_record *record = &data->record;

	data->is_final = 0;
	data->is_taken = 0;
	record->iter = bio->bi_iter;
	record->opf = bio->bi_opf;
	record->flags = bio->bi_flags;
	record->bdev = bio->bi_bdev;
	record->css = bio_blkcg_css(bio);
#ifdef CONFIG_BLK_DEV_INTEGRITY
	record->integrity = bio_integrity(bio);
	if (record->integrity) {
		record->integrity_iter = record->integrity->bip_iter;
		record->integrity_flags = record->integrity->bip_flags;
	}
#endif
#ifdef CONFIG_BLK_INLINE_ENCRYPTION
	record->crypt.bc_key = NULL;
	if (bio->bi_crypt_context)
		record->crypt = *bio->bi_crypt_context;
#endif
}

/*
 * The target takes the bio back, as it was when it was mapped. Returns false and changes nothing if
 * that is not possible: lower drivers have removed its integrity data or its encryption context, or
 * it is a zone append that succeeded, and device mapper has already reported its sector.
 */
static inline bool apus_dm_bio_take(struct bio *bio, struct apus_dm_bio *data)
{
	struct apus_dm_record *record = &data->record;

	if (bio_op(bio) == REQ_OP_ZONE_APPEND && bio->bi_status == BLK_STS_OK)
		return false;
#ifdef CONFIG_BLK_DEV_INTEGRITY
	if (bio_integrity(bio) != record->integrity)
		return false;
#endif
#ifdef CONFIG_BLK_INLINE_ENCRYPTION
	if (!bio->bi_crypt_context != !record->crypt.bc_key)
		return false;
	if (bio->bi_crypt_context)
		*bio->bi_crypt_context = record->crypt;
#endif
#ifdef CONFIG_BLK_DEV_INTEGRITY
	if (record->integrity) {
		record->integrity->bip_iter = record->integrity_iter;
		record->integrity->bip_flags = record->integrity_flags;
	}
#endif
	data->is_taken = 1;
	/*
	 * The bio is not polled any more. bio_poll reads the cookie first and then the device. With
	 * the old cookie it would look for a hardware queue in the new device. (This does not stop
	 * a poller that has read the cookie but not yet the device.)
	 */
	WRITE_ONCE(bio->bi_cookie, BLK_QC_T_NONE);
	smp_wmb();
	/* The next bio of the request that contained this one. It does not belong to the target. */
	bio->bi_next = NULL;
	bio->bi_bdev = record->bdev;
	bio->bi_iter = record->iter;
	bio->bi_opf = record->opf & ~REQ_POLLED;
	bio->bi_flags = apus_compat_bio_flags(record->flags, bio->bi_flags);
	bio->bi_status = BLK_STS_OK;
	/* Lower drivers may have split the bio. It is one bio again. */
	atomic_set(&bio->__bi_remaining, 1);
	rcu_read_lock();
	bio_associate_blkg_from_css(bio, record->css);
	rcu_read_unlock();
	return true;
}

static inline u32 apus_dm_bio_operation(const struct bio *bio)
{
	return (__force u32)bio_op(bio);
}

static inline u32 apus_dm_bio_flags(const struct bio *bio)
{
	return (__force u32)(bio->bi_opf & ~REQ_OP_MASK);
}

/* The bits include those of the operation, which are the low ones. */
static inline bool apus_dm_bio_has_all(const struct bio *bio, u32 bits)
{
	return ((__force u32)bio->bi_opf & bits) == bits;
}

static inline u64 apus_dm_bio_sector(const struct bio *bio)
{
	return bio->bi_iter.bi_sector;
}

static inline unsigned int apus_dm_bio_bytes(const struct bio *bio)
{
	return bio->bi_iter.bi_size;
}

static inline bool apus_dm_bio_is_write(const struct bio *bio)
{
	return bio_data_dir(bio) == WRITE;
}

/*
 * Whether it was a write when it was mapped. Lower drivers may have changed the operation, for
 * example from a zone append to a write.
 */
static inline bool apus_dm_bio_was_write(const struct apus_dm_bio *data)
{
	return op_is_write((__force enum req_op)(data->record.opf & REQ_OP_MASK));
}

static inline bool apus_dm_bio_has_data(struct bio *bio)
{
	return bio_has_data(bio);
}

static inline bool apus_dm_bio_is_zone_management(const struct bio *bio)
{
	return op_is_zone_mgmt(bio_op(bio));
}

static inline unsigned int apus_dm_bio_number(const struct bio *bio)
{
	return dm_bio_get_target_bio_nr(bio);
}

/*
 * Refuses a bio that the device cannot take, or whose device does not belong to this target (or not
 * any more). The bio keeps the device that it has, and gets a sector beyond that device's end.
 * Wherever the bio is sent, the block layer ends it with an I/O error before a driver sees it. So
 * the code that submits a bio need not check or remember whether the bio was refused.
 */
static noinline __maybe_unused void apus_dm_bio_refuse(struct bio *bio)
{
	bio_clear_flag(bio, BIO_REMAPPED);
	bio->bi_iter.bi_sector = ~(sector_t)0;
	bio->bi_iter.bi_size = SECTOR_SIZE;
}

/*
 * Whether a device has the protection information of the mapped device, which is derived from the
 * devices that the target shows.
 */
static noinline __maybe_unused bool apus_dm_integrity_fits(struct block_device *bdev,
							   const void *target)
{
	const struct dm_target *ti = target;

	return apus_compat_same_integrity(dm_disk(dm_table_get_md(ti->table)), bdev->bd_disk);
}

/* For a bio or a device that apus_dm_bio_remap does not handle itself. */
static noinline __maybe_unused void apus_dm_bio_remap_odd(struct bio *bio,
							  const struct apus_dm_device *device,
							  const void *target, u64 sector)
{
	struct block_device *bdev = device->device.bdev;

	/*
	 * This resets all zones of the device, whatever part of the device the target has. Device
	 * mapper sends it to a target that has all zones that can be reset, with the sector that a
	 * read would have.
	 */
	if (bio_op(bio) == REQ_OP_ZONE_RESET_ALL)
		sector = 0;
	if (!apus_dm_is_of(device, target) ||
	    (bio->bi_opf & REQ_INTEGRITY && !apus_dm_integrity_fits(bdev, target)) ||
	    (!apus_io_is_plain(bdev, bio) && !apus_io_fits_again(bdev, bio, sector))) {
		apus_dm_bio_refuse(bio);
		return;
	}
	bio_set_dev(bio, bdev);
	bio->bi_iter.bi_sector = sector;
}

static inline void apus_dm_bio_remap(struct bio *bio, const struct apus_dm_device *device,
				     const void *target, u64 sector)
{
	struct block_device *bdev = device->device.bdev;

	if (unlikely(!apus_dm_is_of(device, target) || bio->bi_opf & REQ_INTEGRITY ||
		     !apus_io_is_plain(bdev, bio))) {
		apus_dm_bio_remap_odd(bio, device, target, sector);
		return;
	}
	bio_set_dev(bio, bdev);
	bio->bi_iter.bi_sector = sector;
}

/*
 * Marks the bio of the call of `map` that this task is in. A bio that was submitted within the call
 * may have ended, and its memory may be the bio of another call by now: another task has marked
 * that bio. A task is in one call only: submit_bio_noacct puts the bios that the task submits in it
 * into current->bio_list, and they are processed after it.
 *
 * The worker of a zone's plugged writes (6.10 and later) calls without such a list, so that a call
 * may be within that one. For it no bio is marked: each counts as one of another call, which the
 * library submits or ends itself.
 */
static inline void apus_dm_bio_mark(struct bio *bio)
{
	bio->bi_private = current;
	/*
	 * The clone for the rest of a polled bio inherits the bit that makes bi_private a list of
	 * device mapper's: REQ_DM_POLL_LIST.
	 */
	bio->bi_opf &= ~REQ_DRV;
}

static inline bool apus_dm_bio_is_marked(const struct bio *bio)
{
	return bio->bi_private == current && current->bio_list;
}

static inline void apus_dm_bio_resize(struct bio *bio, unsigned int bytes)
{
	bio->bi_iter.bi_size = bytes;
}

static inline void apus_dm_bio_submit(struct apus_dm_late *_Nonnull late, struct bio *bio)
{
	struct blk_plug *hidden;

	/*
	 * Another task may be polling the bio. It relies on a bio being submitted as a whole by its
	 * own task first (dm_queue_poll_io). Without the flag, the lower I/O completes by
	 * interrupt.
	 */
	bio->bi_opf &= ~REQ_POLLED;
	if (!apus_may_sleep()) {
		apus_dm_late_add(late, bio);
		return;
	}
	hidden = apus_plug_hide();
	dm_submit_bio_remap(bio, NULL);
	apus_plug_show(hidden);
}

static inline void apus_dm_bio_end(struct bio *bio, u8 status)
{
	bio->bi_status = (__force blk_status_t)status;
	bio_endio(bio);
}

static inline void apus_dm_bio_zero(struct bio *bio)
{
	zero_fill_bio(bio);
}

/*
 * Whether dm_accept_partial_bio may be called: it stops the kernel if not. It does not check block
 * alignment. (In `map` the bio's device is the mapped device.)
 */
static inline bool apus_dm_bio_can_shrink(const struct bio *bio, unsigned int sectors)
{
	if ((sectors << SECTOR_SHIFT) & (bdev_logical_block_size(bio->bi_bdev) - 1))
		return false;
	if (bio_op(bio) == REQ_OP_READ)
		return true;
	return bio_op(bio) == REQ_OP_WRITE && !(bio->bi_opf & REQ_PREFLUSH) &&
	       !bdev_is_zoned(bio->bi_bdev);
}

/*
 * A write to a zone cannot be mapped again, before or after its end (dm_is_zone_write), because it
 * loses its place in the order of the zone's writes.
 */
static inline bool apus_dm_bio_can_requeue(struct dm_target *ti, const struct bio *bio)
{
	if (bio_op(bio) != REQ_OP_WRITE && bio_op(bio) != REQ_OP_WRITE_ZEROES)
		return true;
	return !blk_queue_is_zoned(dm_disk(dm_table_get_md(ti->table))->queue);
}

/* A bio that is taken back has the size that was accepted. */
static inline void apus_dm_bio_shrink_record(struct apus_dm_bio *data, unsigned int sectors)
{
	data->record.iter.bi_size = sectors << SECTOR_SHIFT;
}

static inline void apus_dm_bio_accept(struct bio *bio, unsigned int sectors)
{
	dm_accept_partial_bio(bio, sectors);
}

static inline struct bio *apus_dm_bio_next(const struct bio *bio)
{
	return bio->bi_next;
}

static inline void apus_dm_bio_set_next(struct bio *bio, struct bio *next)
{
	bio->bi_next = next;
}

static inline bool apus_dm_bio_is_for(const struct bio *bio, const struct apus_dm_device *device)
{
	return bio->bi_bdev->bd_dev == device->device.bdev->bd_dev;
}

/* The segments of a bio's memory, one page at a time: bio_for_each_segment without the macro. */
struct apus_dm_segments {
	struct bio *bio;
	struct bvec_iter iter;
};

static inline struct apus_dm_segments apus_dm_bio_segments(struct bio *bio)
{
	return (struct apus_dm_segments){ .bio = bio, .iter = bio->bi_iter };
}

static inline struct apus_dm_segments apus_dm_bio_segments_mapped(struct bio *bio,
								  const struct apus_dm_bio *data)
{
	return (struct apus_dm_segments){ .bio = bio, .iter = data->record.iter };
}

static inline bool apus_dm_segments_next(struct apus_dm_segments *segments, struct bio_vec *segment)
{
	if (!segments->iter.bi_size || !segments->bio->bi_io_vec ||
	    bio_no_advance_iter(segments->bio))
		return false;
	*segment = bio_iter_iovec(segments->bio, segments->iter);
	bio_advance_iter_single(segments->bio, &segments->iter, segment->bv_len);
	return true;
}

/* --- Requests that are mapped --- */

static inline struct request *apus_dm_clone_request(struct apus_dm_device *device,
						    const struct request *request)
{
	struct request *clone = blk_mq_alloc_request(bdev_get_queue(device->dev.bdev),
						     request->cmd_flags | REQ_NOMERGE,
						     BLK_MQ_REQ_NOWAIT);

	if (IS_ERR(clone))
		return clone;
	clone->bio = clone->biotail = NULL;
	clone->cmd_flags |= REQ_FAILFAST_TRANSPORT;
	return clone;
}

/* A request to a partition would go to the partition's disk, without the offset of its start. */
static inline bool apus_dm_maps_requests(const struct apus_dm_device *device)
{
	return apus_dm_takes_requests(device->dev.bdev) && !bdev_is_partition(device->dev.bdev);
}

/*
 * Whether a request's memory suits the queue of its clone. blk_insert_cloned_request counts the
 * segments, but drivers also rely on the queue's boundary between them and on their alignment. (The
 * table's limits need not be the queue's: a device need not be shown, and a request may be older
 * than the table.)
 */
static noinline __maybe_unused bool apus_dm_clone_memory_fits(const struct request *request,
							      struct request_queue *queue)
{
	unsigned long gaps = queue_virt_boundary(queue), before = 0;
	unsigned int mask = queue_dma_alignment(queue);
	struct req_iterator iter;
	struct bio_vec vector;
	bool is_first = true;

	if (!gaps && !mask)
		return true;
	rq_for_each_bvec(vector, request, iter) {
		if ((vector.bv_offset | vector.bv_len) & mask)
			return false;
		if (!is_first && ((before | vector.bv_offset) & gaps))
			return false;
		is_first = false;
		before = vector.bv_offset + vector.bv_len;
	}
	return true;
}

/*
 * The number of segments that a request's integrity data has in a queue, as
 * blk_rq_count_integrity_sg (block/blk-integrity.c) counts them. That function is not exported from
 * 6.12 on, and older versions of blk_insert_cloned_request count the segments of the data only.
 */
static noinline __maybe_unused unsigned int apus_integrity_segments(const struct request *request,
								    struct request_queue *queue)
{
	unsigned long mask = queue_segment_boundary(queue);
	unsigned int count = 0, length = 0;
	phys_addr_t end = 0;
#ifdef CONFIG_BLK_DEV_INTEGRITY
	struct bvec_iter iter;
	struct bio_vec vector;
	struct bio *bio;

	__rq_for_each_bio(bio, request) {
		if (!bio_integrity(bio))
			continue;
		bip_for_each_vec(vector, bio_integrity(bio), iter) {
			phys_addr_t start = page_to_phys(vector.bv_page) + vector.bv_offset;

			if (count && start == end &&
			    ((start - 1) | mask) == ((start + vector.bv_len - 1) | mask) &&
			    (u64)length + vector.bv_len <= queue_max_segment_size(queue)) {
				length += vector.bv_len;
			} else {
				count++;
				length = vector.bv_len;
			}
			end = start + vector.bv_len;
		}
	}
#endif
	return count;
}

/*
 * Whether each range of a discard lies on a disk, and the disk's queue takes them in one request. A
 * driver of a queue with one range looks only at the first one and the sum.
 */
static noinline __maybe_unused bool apus_dm_clone_ranges_fit(const struct request *request,
							     struct request_queue *queue)
{
	u64 capacity = get_capacity(queue->disk), next = blk_rq_pos(request);
	unsigned int blocks = (queue_logical_block_size(queue) >> SECTOR_SHIFT) - 1;
	struct bio *bio;

	__rq_for_each_bio(bio, request) {
		u64 sector = bio->bi_iter.bi_sector, count = bio_sectors(bio);

		if (sector >= capacity || count > capacity - sector || (sector | count) & blocks ||
		    (sector != next && queue_max_discard_segments(queue) <= 1))
			return false;
		next = sector + count;
	}
	return true;
}

/*
 * Whether a request's position and alignment suit the disk of its clone, and both have the same
 * operation. Device mapper gives the clone the request's position, and blk_insert_cloned_request
 * checks sizes only.
 */
static inline bool apus_dm_clone_fits(const struct request *request, const struct request *clone)
{
	struct gendisk *disk = clone->q->disk;
	enum req_op operation = req_op(request);
	u64 sector = blk_rq_pos(request), count = blk_rq_sectors(request), capacity;

	/*
	 * Flags that refer to the request's memory, or say that it is polled, must be the clone's
	 * too.
	 */
	if (!disk || operation != req_op(clone) ||
	    ((request->cmd_flags ^ clone->cmd_flags) & (REQ_INTEGRITY | REQ_POLLED)))
		return false;
	if (request->cmd_flags & REQ_INTEGRITY &&
	    (!apus_compat_same_integrity(request->q->disk, disk) ||
	     apus_integrity_segments(request, clone->q) >
		     max_t(unsigned int, 1, queue_max_integrity_segments(clone->q))))
		return false;
#ifdef CONFIG_BLK_INLINE_ENCRYPTION
	/* blk_insert_cloned_request uses the profile of the clone's queue without a check. */
	if (request->crypt_ctx && !clone->q->crypto_profile)
		return false;
#endif
	if (op_is_zone_mgmt(operation))
		return bdev_is_zoned(disk->part0) && !count &&
		       apus_zone_fits(disk->part0, operation, sector);
	if (!apus_fitting_flags((__force u32)operation))
		return false;
	if (!count)
		return operation == REQ_OP_FLUSH ||
		       (operation == REQ_OP_WRITE && request->cmd_flags & REQ_PREFLUSH);
	if (operation == REQ_OP_DISCARD)
		return apus_dm_clone_ranges_fit(request, clone->q);
	capacity = get_capacity(disk);
	return sector < capacity && count <= capacity - sector &&
		(request->rq_flags & RQF_SPECIAL_PAYLOAD || !bio_has_data(request->bio) ||
		 apus_dm_clone_memory_fits(request, clone->q)) &&
		!(((sector | count) << SECTOR_SHIFT) & (queue_logical_block_size(clone->q) - 1));
}

static inline void apus_dm_free_clone(struct request *clone)
{
	blk_mq_free_request(clone);
}

static inline void apus_dm_give_clone(void *result, struct request *clone)
{
	*(struct request **)result = clone;
}

static inline u64 apus_dm_request_sector(const struct request *request)
{
	return blk_rq_pos(request);
}

static inline unsigned int apus_dm_request_bytes(const struct request *request)
{
	return blk_rq_bytes(request);
}

static inline u32 apus_dm_request_operation(const struct request *request)
{
	return (__force u32)req_op(request);
}

#endif

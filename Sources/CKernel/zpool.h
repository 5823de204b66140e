/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers for Sources/Zpool: each kernel's driver table, made from the library's; blocks of pages;
 * and zsmalloc.
 */
#ifndef APUS_ZPOOL_H
#define APUS_ZPOOL_H

/* --- The driver's table. It has the fields of Swift's Zpool.DriverTable. --- */

struct apus_zpool_table {
	void *(*create)(const char *name, gfp_t gfp, const void *ops, void *zpool);
	void *(*create_plain)(const char *name, gfp_t gfp);
	void (*destroy)(void *pool);
	int (*malloc)(void *pool, size_t size, gfp_t gfp, unsigned long *handle);
	void (*free)(void *pool, unsigned long handle);
	int (*shrink)(void *pool, unsigned int pages, unsigned int *reclaimed);
	u64 (*total_pages)(void *pool);
	u64 (*total_bytes)(void *pool);
};

/*
 * Shifted by this, a handle of the library gives its object's address. Zpool.Slot describes the
 * handle's highest bits.
 */
enum apus_slot_bits {
	APUS_SLOT_ADDRESS_SHIFT = 3,
};

/*
 * The kind of pool that a block's objects were given to: one that has them evicted, or one that
 * does not.
 */
enum apus_client {
	APUS_CLIENT_PLAIN = 1,
	APUS_CLIENT_EVICTING = 2,
};

/*
 * map and unmap of all of the library's allocators. They need nothing of a pool, because objects
 * have addresses that do not change.
 */
static inline void *apus_zpool_map(void *pool, unsigned long handle, enum zpool_mapmode mode)
{
	return (void *)(handle << APUS_SLOT_ADDRESS_SHIFT);
}

static inline void apus_zpool_unmap(void *pool, unsigned long handle)
{
}

/*
 * A driver's structure has memory of its own, which is freed when the module ends. zpool_put_driver
 * reads the owner after it has given up its count, so the structure may still be read when its
 * registration has ended. The next registration reuses the memory, with the same owner.
 */
struct apus_zpool_registration {
	struct zpool_driver driver;
	struct apus_left_over left;
	bool is_left;
	/* Whether it has left the kernel's list, and waits for the next registration. */
	unsigned long is_kept;
};

static int apus_zpool_take_back(struct apus_left_over *left, bool is_over)
{
	struct apus_zpool_registration *registration =
		container_of(left, struct apus_zpool_registration, left);

	if (!test_bit(0, &registration->is_kept)) {
		if (zpool_unregister_driver(&registration->driver))
			return -EBUSY;
		set_bit(0, &registration->is_kept);
		apus_unregistered();
	}
	if (!is_over)
		return -EAGAIN;
	kfree(registration);
	return 0;
}

static bool apus_zpool_claim(struct apus_left_over *left)
{
	return left->take_back == apus_zpool_take_back &&
	       test_and_clear_bit(
		       0, &container_of(left, struct apus_zpool_registration, left)->is_kept);
}

/* The memory of a registration that ended, or fresh memory; null if there is none. */
static inline struct apus_zpool_registration *apus_zpool_registration_alloc(void)
{
	struct apus_left_over *left = apus_left_over_find(apus_zpool_claim);

	if (left)
		return container_of(left, struct apus_zpool_registration, left);
	return kzalloc(sizeof(struct apus_zpool_registration), GFP_KERNEL);
}

/*
 * Fills in every field of a driver's structure, and registers the driver. The name is not written
 * to, whatever its type says. Returns null if there is no memory.
 */
static inline struct zpool_driver *apus_zpool_register(const char *name, const void *ours)
{
	const struct apus_zpool_table *table = ours;
	struct apus_zpool_registration *registration;
	struct zpool_driver *driver;

	apus_assert_may_sleep();
	registration = apus_zpool_registration_alloc();
	if (!registration)
		return NULL;
	driver = &registration->driver;
	driver->type = (char *)name;
	driver->owner = THIS_MODULE;
	atomic_set(&driver->refcount, 0);
	INIT_LIST_HEAD(&driver->list);
	driver->destroy = table->destroy;
	driver->malloc = table->malloc;
	driver->free = table->free;
	driver->map = apus_zpool_map;
	driver->unmap = apus_zpool_unmap;
	/*
	 * A mapping is only an address: the kernel may sleep while it has one, and objects cannot
	 * move.
	 */
	driver->malloc_support_movable = false;
	driver->sleep_mapped = true;
	apus_compat_zpool_fill(driver, table->create, table->create_plain, table->shrink,
			       table->total_pages, table->total_bytes);
	zpool_register_driver(driver);
	return driver;
}

/*
 * Returns whether the driver has left the kernel's list. If the kernel has a pool of the driver,
 * the glue tries again when the module ends.
 */
static inline bool apus_zpool_unregister(struct zpool_driver *driver)
{
	struct apus_zpool_registration *registration =
		container_of(driver, struct apus_zpool_registration, driver);
	bool is_gone;

	apus_assert_may_sleep();
	is_gone = !zpool_unregister_driver(driver);
	if (!registration->is_left) {
		registration->is_left = true;
		registration->left.take_back = apus_zpool_take_back;
		apus_leave_over(&registration->left);
	}
	if (is_gone) {
		/* The next registration that finds the bit finds the driver off the list. */
		smp_mb__before_atomic();
		set_bit(0, &registration->is_kept);
	}
	return is_gone;
}

/* --- A registered driver, called as the zpool layer would call it --- */

static inline void *apus_zpool_create(struct zpool_driver *driver, unsigned int gfp)
{
	apus_assert_may_sleep();
	return apus_compat_zpool_create(driver, "apus", (__force gfp_t)gfp);
}

static inline void apus_zpool_destroy(struct zpool_driver *driver, void *pool)
{
	apus_assert_may_sleep();
	driver->destroy(pool);
}

static inline int apus_zpool_malloc(struct zpool_driver *driver, void *pool, size_t size,
				    unsigned int gfp, unsigned long *handle)
{
	return driver->malloc(pool, size, apus_gfp(gfp), handle);
}

static inline void apus_zpool_free(struct zpool_driver *driver, void *pool, unsigned long handle)
{
	driver->free(pool, handle);
}

static inline void apus_copy_both(void *to, const void *prefix, size_t prefix_length,
				  const void *from, size_t length)
{
	memcpy(to, prefix, prefix_length);
	if (length)
		memcpy(to + prefix_length, from, length);
}

static inline void apus_zpool_write(struct zpool_driver *driver, void *pool, unsigned long handle,
				    const void *prefix, size_t prefix_length, const void *from,
				    size_t length)
{
	apus_copy_both(driver->map(pool, handle, ZPOOL_MM_WO), prefix, prefix_length, from, length);
	driver->unmap(pool, handle);
}

static inline void apus_zpool_read(struct zpool_driver *driver, void *pool, unsigned long handle,
				   void *to, size_t length)
{
	memcpy(to, driver->map(pool, handle, ZPOOL_MM_RO), length);
	driver->unmap(pool, handle);
}

static inline u64 apus_zpool_pages(struct zpool_driver *driver, void *pool)
{
	return apus_compat_zpool_pages(driver, pool);
}

/*
 * Returns the driver's structure of the module apus_peer_NAME, which exports it under that name, or
 * null if there is none. The module stays until the driver is put.
 */
static inline struct zpool_driver *apus_zpool_peer_get(const char *name)
{
	char symbol[32];

	if (snprintf(symbol, sizeof(symbol), "apus_peer_%s", name) >= (int)sizeof(symbol))
		return NULL;
	return __symbol_get(symbol);
}

static inline void apus_zpool_peer_put(struct zpool_driver *driver)
{
	module_put(driver->owner);
}

/* --- Blocks of one to several pages, contiguous, with a linear address --- */

static inline void *apus_slab_alloc(int node, unsigned int gfp, unsigned int pages)
{
	unsigned int order = get_order((unsigned long)pages << PAGE_SHIFT);
	struct page *page;
	unsigned int i;

	gfp &= ~(__force unsigned int)(__GFP_COMP | __GFP_HIGHMEM | __GFP_MOVABLE);
	/*
	 * If the allocation fails, the caller allocates smaller blocks. So it is not worth a line
	 * in the log.
	 */
	if (order)
		gfp |= (__force unsigned int)__GFP_NOWARN;
	page = apus_alloc_pages_node(node, gfp, order);
	if (!page)
		return NULL;
	if (order)
		split_page(page, order);
	for (i = pages; i < 1U << order; i++)
		__free_page(page + i);
	return page_address(page);
}

static inline u64 apus_slab_used(const u64 *used)
{
	return READ_ONCE(*used);
}

/* Frees those pages of a block whose bits are set in the mask. */
static inline void apus_slab_free(void *block, unsigned int mask)
{
	struct page *page = virt_to_page(block);

	for (; mask; mask &= mask - 1)
		__free_page(page + __ffs(mask));
}

/* --- The kernel's zsmalloc --- */

/*
 * From 6.12 the pool names its slab caches, and a debug kernel warns about two caches of one name.
 * So the name contains the module's and a number.
 */
static inline struct zs_pool *apus_zs_create(const char *name, unsigned int number)
{
	struct zs_pool *pool = NULL;
	char *whole;

	apus_assert_may_sleep();
	whole = kasprintf(GFP_KERNEL, "%s-%s-%u", module_name(THIS_MODULE), name, number);
	if (whole)
		pool = zs_create_pool(whole);
	kfree(whole);
	return pool;
}

static inline void apus_zs_destroy(struct zs_pool *pool)
{
	apus_assert_may_sleep();
	zs_destroy_pool(pool);
}

static inline long apus_zs_malloc(struct zs_pool *pool, size_t size, unsigned int gfp)
{
	unsigned long handle;

	/*
	 * zsmalloc's locks do not disable interrupts, so an interrupt handler must not take them.
	 */
	if (in_interrupt())
		return -EAGAIN;
	handle = zs_malloc(pool, size, apus_gfp(gfp));
	/* An error code or a handle. A handle is a kernel address, so it is negative as well. */
	return (long)handle;
}

/* zsmalloc's locks do not disable interrupts, and a free cannot be refused. */
static inline void apus_zs_free(struct zs_pool *pool, unsigned long handle)
{
	if (unlikely(in_hardirq() || in_serving_softirq()))
		apus_sleeps_in_interrupt();
	zs_free(pool, handle);
}

static inline int apus_is_error(long result)
{
	return IS_ERR_VALUE(result);
}

/*
 * Each mapping ends before the next one begins: an object that spans two pages is copied through a
 * per-CPU buffer. In interrupt context zs_map_object would stop at a BUG.
 */
static inline int apus_zs_write(struct zs_pool *pool, unsigned long handle, const void *prefix,
				size_t prefix_length, const void *from, size_t length)
{
	if (in_interrupt())
		return -EAGAIN;
	apus_copy_both(zs_map_object(pool, handle, ZS_MM_WO), prefix, prefix_length, from, length);
	zs_unmap_object(pool, handle);
	return 0;
}

static inline int apus_zs_read(struct zs_pool *pool, unsigned long handle, void *to, size_t length)
{
	if (in_interrupt())
		return -EAGAIN;
	memcpy(to, zs_map_object(pool, handle, ZS_MM_RO), length);
	zs_unmap_object(pool, handle);
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for Sources/Kernel: constants behind casts, macros as functions, opaque fields. */
#ifndef APUS_CORE_H
#define APUS_CORE_H

/* --- Constants. The Swift importer imports every enumerator, but not every macro. --- */

enum apus_gfp {
	APUS_GFP_KERNEL = (__force unsigned int)GFP_KERNEL,
	APUS_GFP_ATOMIC = (__force unsigned int)GFP_ATOMIC,
	APUS_GFP_NOWAIT = (__force unsigned int)GFP_NOWAIT,
	APUS_GFP_NOIO = (__force unsigned int)GFP_NOIO,
	APUS_GFP_NOFS = (__force unsigned int)GFP_NOFS,
	APUS_GFP_ZERO = (__force unsigned int)__GFP_ZERO,
	APUS_GFP_HIGHMEM = (__force unsigned int)__GFP_HIGHMEM,
	APUS_GFP_ACCOUNT = (__force unsigned int)__GFP_ACCOUNT,
	APUS_GFP_NOWARN = (__force unsigned int)__GFP_NOWARN,
	APUS_GFP_NORETRY = (__force unsigned int)__GFP_NORETRY,
	APUS_GFP_RETRY_MAYFAIL = (__force unsigned int)__GFP_RETRY_MAYFAIL,
	APUS_GFP_DIRECT_RECLAIM = (__force unsigned int)__GFP_DIRECT_RECLAIM,
	APUS_GFP_COMP = (__force unsigned int)__GFP_COMP,
};

enum apus_page {
	APUS_PAGE_SHIFT = PAGE_SHIFT,
	APUS_MAX_ORDER = APUS_COMPAT_MAX_ORDER,
};

enum apus_limits_of_names {
	APUS_DISK_NAME_LEN = DISK_NAME_LEN,
};

/* --- Traps --- */

/* A Swift trap ends here: BUG() prints the register state and the stack trace. */
static __always_inline void apus_bug(void)
{
	BUG();
}

/* --- Contexts --- */

/*
 * Sleeping in interrupt context leaves the sleeper's frames on the CPU's interrupt stack, which the
 * next interrupt reuses. The wait also enables interrupts, so that a timer callback can interrupt
 * another one, which then looks as if it did not run.
 */
static noinline __cold __maybe_unused void apus_sleeps_in_interrupt(void)
{
	bool is_so = true;

	pr_err("%s: something that may sleep was called in an interrupt\n",
	       module_name(THIS_MODULE));
	/* Hides the value: objtool wants functions that never return to be in its list. */
	OPTIMIZER_HIDE_VAR(is_so);
	if (is_so)
		BUG();
}

/* For functions that may sleep and whose kernel functions tell the debug kernel so themselves. */
static __always_inline void apus_assert_may_sleep(void)
{
	if (unlikely(!in_task()))
		apus_sleeps_in_interrupt();
}

/*
 * For functions that do not always sleep: the debug kernel reports a wrong caller on the first
 * call.
 */
static __always_inline void apus_might_sleep(void)
{
	apus_assert_may_sleep();
	might_sleep();
}

/* For functions that enable interrupts but do not sleep: whether interrupts are enabled now. */
static inline bool apus_may_turn_interrupts_on(void)
{
	return in_task() && !irqs_disabled();
}

/*
 * An allocation in interrupt context does not wait for memory, whatever flags the caller passes.
 * might_alloc reports such a caller on a debug kernel.
 */
static __always_inline gfp_t apus_gfp(unsigned int gfp)
{
	gfp_t flags = (__force gfp_t)gfp;

#ifdef __GFP_ATOMIC
	/* Until 6.2 the page allocator warns about an atomic allocation that may reclaim. */
	if (unlikely((flags & __GFP_ATOMIC) && (flags & __GFP_DIRECT_RECLAIM)))
		flags &= ~__GFP_DIRECT_RECLAIM;
#endif
	might_alloc(flags);
	return likely(in_task()) ? flags : flags & ~__GFP_DIRECT_RECLAIM;
}

/*
 * The flags for objects of the kernel's own slabs. Their pages are not in high memory, and the
 * kernel initialises the objects.
 */
static __always_inline gfp_t apus_slab_gfp(unsigned int gfp)
{
	return apus_gfp(gfp) & ~(__GFP_ZERO | __GFP_HIGHMEM);
}

/* --- Log --- */

static inline void apus_print(int level, const char *text, int length)
{
	switch (level) {
	case 3:
		_printk(KERN_ERR "%s: %.*s\n", module_name(THIS_MODULE), length, text);
		break;
	case 4:
		_printk(KERN_WARNING "%s: %.*s\n", module_name(THIS_MODULE), length, text);
		break;
	case 5:
		_printk(KERN_NOTICE "%s: %.*s\n", module_name(THIS_MODULE), length, text);
		break;
	default:
		_printk(KERN_INFO "%s: %.*s\n", module_name(THIS_MODULE), length, text);
		break;
	}
}

/*
 * The number of this module's registrations that the kernel may still call. The module's glue
 * (module.c) defines it, and checks it when the module ends.
 */
extern atomic_t apus_registrations;

/*
 * Not inlined: the linker keeps every function that .smp_locks points into, whether it is reachable
 * or not, and every function that this one calls. A module would then need the exports of
 * frameworks that it does not use.
 */
static noinline __maybe_unused void apus_registered(void)
{
	atomic_inc(&apus_registrations);
}

static noinline __maybe_unused void apus_unregistered(void)
{
	atomic_dec(&apus_registrations);
}

/*
 * Something that could not be withdrawn from the kernel when its value ended, or whose memory the
 * kernel may still read. The module's glue keeps a list of them. It calls take_back when the module
 * ends, before it checks apus_registrations.
 */
struct apus_left_over {
	struct apus_left_over *next;
	/*
	 * Withdraws it, and frees it if the module is over. Returns 0 if it is freed, -EAGAIN if
	 * only its memory is left, -EBUSY if the kernel still uses it.
	 */
	int (*take_back)(struct apus_left_over *left, bool is_over);
};

/*
 * Adds to the list. The glue defines this and the next function. Context: any for this one, and
 * process context for the next.
 */
void apus_leave_over(struct apus_left_over *left);

/* Returns the first element for which `claim` is true, or null. It stays in the list. */
struct apus_left_over *apus_left_over_find(bool (*claim)(struct apus_left_over *left));

static inline void *apus_this_module(void)
{
	return THIS_MODULE;
}

/* --- Memory --- */

/* High memory has no address, so the slab allocators warn about a flag that would allow it. */
static inline void *apus_kmalloc_node(size_t size, unsigned int gfp, int node)
{
	return kmalloc_node(size, apus_gfp(gfp) & ~__GFP_HIGHMEM, node);
}

/* kvmalloc warns about sizes above INT_MAX. */
static inline void *apus_kvmalloc_node(size_t size, unsigned int gfp, int node)
{
	if (size > INT_MAX)
		return NULL;
	return kvmalloc_node(size, apus_gfp(gfp) & ~__GFP_HIGHMEM, node);
}

static inline void apus_kfree(const void *memory)
{
	kfree(memory);
}

static inline void apus_kvfree(const void *memory)
{
	kvfree(memory);
}

static inline struct page *apus_alloc_pages_node(int node, unsigned int gfp, unsigned int order)
{
	if (node == NUMA_NO_NODE)
		return alloc_pages(apus_gfp(gfp), order);
	return __alloc_pages_node(node, apus_gfp(gfp), order);
}

static inline void apus_free_pages(struct page *page, unsigned int order)
{
	__free_pages(page, order);
}

static inline int apus_node_is_possible(int node)
{
	return node >= 0 && node < MAX_NUMNODES && node_state(node, N_MEMORY);
}

static inline unsigned int apus_online_nodes(void)
{
	return nr_online_nodes;
}

static inline int apus_page_node(struct page *page)
{
	return page_to_nid(page);
}

static inline unsigned long apus_total_pages(void)
{
	return totalram_pages();
}

static inline long apus_available_pages(void)
{
	return si_mem_available();
}

static inline struct page *apus_page_at(struct page *first, unsigned long index)
{
	return nth_page(first, index);
}

static inline void *apus_vzalloc_node(unsigned long size, int node)
{
	apus_assert_may_sleep();
	return vzalloc_node(size, node);
}

static inline void apus_vfree(const void *area)
{
	vfree(area);
}

/*
 * Whether this task has the memory of a process, and may wait for it. A kernel thread has none:
 * active_mm names the memory of a process that ran there before. An interrupt handler has none
 * either.
 */
static inline bool apus_has_user_memory(void)
{
	return in_task() && !(current->flags & PF_KTHREAD) && current->mm && !in_atomic() &&
	       !irqs_disabled() && !rcu_preempt_depth();
}

/*
 * Returns the number of bytes that could not be copied. Unlike copy_from_user, it does not zero the
 * destination of those bytes.
 */
static inline unsigned long apus_copy_from_user(void *to, unsigned long from, unsigned long length)
{
	if (!apus_has_user_memory() || !access_ok((const void __user *)from, length))
		return length;
	might_fault();
	return raw_copy_from_user(to, (const void __user *)from, length);
}

static inline unsigned long apus_copy_to_user(unsigned long to, const void *from,
					      unsigned long length)
{
	if (!apus_has_user_memory() || !access_ok((void __user *)to, length))
		return length;
	might_fault();
	return raw_copy_to_user((void __user *)to, from, length);
}

/* kmap_local_page never fails, but its header does not say so. */
static __always_inline void *_Nonnull apus_kmap_local(struct page *_Nonnull page)
{
	return kmap_local_page(page);
}

/* Returns null for high memory. */
static __always_inline void *apus_linear_address(const struct page *_Nonnull page)
{
	return page_address(page);
}

/* In C kunmap_local is a macro. */
static __always_inline void apus_kunmap_local(void *address)
{
	kunmap_local(address);
}

static __always_inline void apus_memmove(void *to, const void *from, size_t length)
{
	memmove(to, from, length);
}

static __always_inline void apus_memcpy(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
}

static __always_inline void apus_memset(void *to, int byte, size_t length)
{
	memset(to, byte, length);
}

/*
 * --- Lock classes. C's initialisers are macros that give each call site a static key. A helper is
 * one call site for all of Swift, so the caller passes the class: a name in static memory, whose
 * address is the key. lockdep knows classes by address, and forgets those in a module's memory when
 * the module unloads. It writes to a key's content only if the key is registered at run time, and
 * these keys are not. ---
 */

/*
 * For any lock with a dep_map: spinlock_t, raw_spinlock_t, rwlock_t, struct mutex, struct
 * rw_semaphore.
 */
#define APUS_SET_LOCK_CLASS(lock, class) \
	do { \
		if (IS_ENABLED(CONFIG_LOCKDEP) && (class)) \
			lockdep_set_class_and_name(lock, (struct lock_class_key *)(class), class); \
	} while (0)

/* --- Spin locks --- */

/*
 * With lockdep a spinlock_t contains pointers, which makes it an unsafe type in Swift; without
 * lockdep it does not. This type is the same on every kernel: only the functions that take its
 * address are unsafe.
 */
struct apus_spinlock {
	spinlock_t lock;
} __attribute__((swift_attr("safe")));

static __always_inline void apus_spin_lock_init(struct apus_spinlock *lock, const char *class)
{
	spin_lock_init(&lock->lock);
	APUS_SET_LOCK_CLASS(&lock->lock, class);
}

static inline unsigned long apus_spin_lock_irqsave(struct apus_spinlock *lock)
{
	unsigned long flags;

	spin_lock_irqsave(&lock->lock, flags);
	return flags;
}

static inline void apus_spin_unlock_irqrestore(struct apus_spinlock *lock, unsigned long flags)
{
	spin_unlock_irqrestore(&lock->lock, flags);
}

static inline void apus_spin_lock(struct apus_spinlock *lock)
{
	spin_lock(&lock->lock);
}

static inline void apus_spin_unlock(struct apus_spinlock *lock)
{
	spin_unlock(&lock->lock);
}

/* --- Plain words that several CPUs read and write --- */

static inline u64 apus_read_once(const u64 *word)
{
	return READ_ONCE(*word);
}

static inline void apus_write_once(u64 *word, u64 value)
{
	WRITE_ONCE(*word, value);
}

/* --- Reference counts --- */

static inline void apus_refcount_init(refcount_t *count)
{
	refcount_set(count, 1);
}

static inline void apus_refcount_get(refcount_t *count)
{
	refcount_inc(count);
}

/* Returns true for the last reference. */
static inline bool apus_refcount_put(refcount_t *count)
{
	return refcount_dec_and_test(count);
}

/* --- XArray --- */

static __always_inline void apus_xa_init(struct xarray *array, const char *class)
{
	xa_init_flags(array, XA_FLAGS_LOCK_IRQ);
	APUS_SET_LOCK_CLASS(&array->xa_lock, class);
}

static inline unsigned long apus_xa_lock(struct xarray *array)
{
	unsigned long flags;

	xa_lock_irqsave(array, flags);
	return flags;
}

static inline void apus_xa_unlock(struct xarray *array, unsigned long flags)
{
	xa_unlock_irqrestore(array, flags);
}

/*
 * Stores an entry at an empty index. Returns 0, -EBUSY if the index has an entry, or -ENOMEM. May
 * sleep if gfp allows it.
 *
 * __GFP_ZERO is cleared: the slab cache of the nodes has a constructor, and a zeroed node would be
 * broken for its next user, such as the page cache.
 *
 * Not xa_insert_irq, which enables interrupts on return: they may be disabled here, under a spin
 * lock. In that case the allocation does not wait for memory either, because __xa_insert would
 * release the lock for that, and enable interrupts.
 */
static inline int apus_xa_insert(struct xarray *array, unsigned long index, void *entry,
				 unsigned int gfp)
{
	gfp_t flags = apus_slab_gfp(gfp);
	unsigned long state;
	int result;

	xa_lock_irqsave(array, state);
	if (irqs_disabled_flags(state))
		flags &= ~__GFP_DIRECT_RECLAIM;
	result = __xa_insert(array, index, entry, flags);
	xa_unlock_irqrestore(array, state);
	return result;
}

static inline void *apus_xa_erase_locked(struct xarray *array, unsigned long index)
{
	return __xa_erase(array, index);
}

/* Replaces an existing entry: this allocates nothing, so it cannot fail. */
static inline void apus_xa_replace_locked(struct xarray *array, unsigned long index, void *entry)
{
	__xa_store(array, index, entry, 0);
}

/* Returns the first entry at or after *index, or NULL. */
static inline void *apus_xa_find(struct xarray *array, unsigned long *index, unsigned long last)
{
	return xa_find(array, index, last, XA_PRESENT);
}

/* --- Random numbers --- */

static inline u64 apus_random(void)
{
	return get_random_u64();
}

/* --- Text from the user --- */

static inline int apus_parse_signed(const char *text, s64 *result)
{
	return kstrtoll(text, 0, result);
}

static inline int apus_parse_unsigned(const char *text, u64 *result)
{
	return kstrtoull(text, 0, result);
}

static inline int apus_parse_bool(const char *text, bool *result)
{
	return kstrtobool(text, result);
}

#endif

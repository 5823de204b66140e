/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers for Sources/Kernel: locks, waiting, timers, deferred work, threads, counters, time. They
 * turn macros into functions, and wrap callbacks whose type Swift cannot name outside the library
 * (there a callback's argument is a plain pointer).
 *
 * Each kind of lock is initialised in one place. Its lockdep class is the caller's
 * (APUS_SET_LOCK_CLASS in core.h).
 */
#ifndef APUS_SYNC_H
#define APUS_SYNC_H

/* --- Spin locks: further ways to take one --- */

static __always_inline bool apus_spin_trylock_irqsave(struct apus_spinlock *lock,
						      unsigned long *flags)
{
	unsigned long saved;
	bool taken = spin_trylock_irqsave(&lock->lock, saved);

	*flags = saved;
	return taken;
}

static __always_inline bool apus_spin_trylock(struct apus_spinlock *lock)
{
	return spin_trylock(&lock->lock);
}

/* For code that runs with interrupts disabled: a timer's callback. */
static __always_inline void apus_spin_lock_in_interrupt(struct apus_spinlock *lock)
{
	lockdep_assert_irqs_disabled();
	spin_lock(&lock->lock);
}

/* --- Read-write spin locks --- */

/* Declared safe for the same reason as struct apus_spinlock. */
struct apus_rwlock {
	rwlock_t lock;
} __attribute__((swift_attr("safe")));

static __always_inline void apus_rwlock_init(struct apus_rwlock *lock, const char *class)
{
	rwlock_init(&lock->lock);
	APUS_SET_LOCK_CLASS(&lock->lock, class);
}

static __always_inline unsigned long apus_read_lock_irqsave(struct apus_rwlock *lock)
{
	unsigned long flags;

	read_lock_irqsave(&lock->lock, flags);
	return flags;
}

static __always_inline void apus_read_unlock_irqrestore(struct apus_rwlock *lock,
							unsigned long flags)
{
	read_unlock_irqrestore(&lock->lock, flags);
}

static __always_inline unsigned long apus_write_lock_irqsave(struct apus_rwlock *lock)
{
	unsigned long flags;

	write_lock_irqsave(&lock->lock, flags);
	return flags;
}

static __always_inline void apus_write_unlock_irqrestore(struct apus_rwlock *lock,
							 unsigned long flags)
{
	write_unlock_irqrestore(&lock->lock, flags);
}

/* --- Mutexes --- */

static __always_inline void apus_mutex_init(struct mutex *lock, const char *class)
{
	mutex_init(lock);
	APUS_SET_LOCK_CLASS(lock, class);
}

static inline void apus_mutex_destroy(struct mutex *lock)
{
	mutex_destroy(lock);
}

static __always_inline void apus_mutex_lock(struct mutex *lock)
{
	apus_assert_may_sleep();
	mutex_lock(lock);
}

static __always_inline int apus_mutex_lock_interruptible(struct mutex *lock)
{
	apus_assert_may_sleep();
	return mutex_lock_interruptible(lock);
}

static __always_inline bool apus_down_read_trylock(struct rw_semaphore *lock)
{
	apus_assert_may_sleep();
	return down_read_trylock(lock);
}

static __always_inline bool apus_down_write_trylock(struct rw_semaphore *lock)
{
	apus_assert_may_sleep();
	return down_write_trylock(lock);
}

static __always_inline bool apus_mutex_trylock(struct mutex *lock)
{
	/* Its mutex_unlock may take a spin lock that the interrupted task holds. */
	apus_assert_may_sleep();
	return mutex_trylock(lock);
}

static __always_inline void apus_mutex_unlock(struct mutex *lock)
{
	mutex_unlock(lock);
}

/* --- Read-write semaphores --- */

static __always_inline void apus_rwsem_init(struct rw_semaphore *lock, const char *class)
{
	init_rwsem(lock);
	APUS_SET_LOCK_CLASS(lock, class);
}

static __always_inline void apus_down_read(struct rw_semaphore *lock)
{
	apus_assert_may_sleep();
	down_read(lock);
}

static __always_inline int apus_down_read_interruptible(struct rw_semaphore *lock)
{
	apus_assert_may_sleep();
	return down_read_interruptible(lock);
}

static __always_inline void apus_down_write(struct rw_semaphore *lock)
{
	apus_assert_may_sleep();
	down_write(lock);
}

/* --- RCU --- */

static __always_inline void apus_rcu_read_lock(void)
{
	rcu_read_lock();
}

static __always_inline void apus_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

static __always_inline void apus_synchronize_rcu(void)
{
	apus_might_sleep();
	synchronize_rcu();
}

static __always_inline void *_Nonnull apus_rcu_dereference(void *_Nonnull const *slot)
{
	return (void *)rcu_dereference(*(void __rcu *const *)slot);
}

/* Publishes an object that is complete, and returns the previous one. */
static __always_inline void *_Nonnull apus_rcu_exchange(void *_Nonnull *slot, void *_Nonnull object)
{
	return xchg(slot, object);
}

struct apus_rcu_object {
	struct rcu_head head;
};

/* Frees the memory that begins with a head, after a grace period. Any context. */
static inline void apus_kfree_rcu(void *object)
{
	struct apus_rcu_object *memory = object;

	kfree_rcu(memory, head);
}

/* --- Completions --- */

static __always_inline void apus_completion_init(struct completion *completion, const char *class)
{
	init_completion(completion);
	APUS_SET_LOCK_CLASS(&completion->wait.lock, class);
}

static inline void apus_completion_reset(struct completion *completion)
{
	reinit_completion(completion);
}

/* Converts nanoseconds to jiffies, rounded up, and limited to the longest timeout. */
static __always_inline unsigned long apus_ticks(s64 nanoseconds)
{
	u64 ticks;

	if (nanoseconds <= 0)
		return 0;
	ticks = div_u64((u64)nanoseconds + TICK_NSEC - 1, TICK_NSEC);
	return min_t(u64, ticks, MAX_JIFFY_OFFSET);
}

/*
 * The caller must be allowed to sleep even if the completion is done: wait_for_completion disables
 * interrupts to take the wait queue's lock, and enables them after that.
 */
static inline void apus_completion_wait(struct completion *completion)
{
	apus_assert_may_sleep();
	wait_for_completion(completion);
}

static inline int apus_completion_wait_interruptible(struct completion *completion)
{
	apus_assert_may_sleep();
	return wait_for_completion_interruptible(completion);
}

static inline bool apus_completion_wait_timeout(struct completion *completion, s64 nanoseconds)
{
	apus_assert_may_sleep();
	return wait_for_completion_timeout(completion, apus_ticks(nanoseconds)) != 0;
}

/* --- Wait queues --- */

enum apus_task_state {
	APUS_TASK_INTERRUPTIBLE = TASK_INTERRUPTIBLE,
	APUS_TASK_UNINTERRUPTIBLE = TASK_UNINTERRUPTIBLE,
	/*
	 * Uninterruptible, but does not count as load, and is not reported as a hung task after two
	 * minutes.
	 */
	APUS_TASK_IDLE = TASK_IDLE,
};

static __always_inline void apus_wait_queue_init(struct wait_queue_head *queue, const char *class)
{
	init_waitqueue_head(queue);
	APUS_SET_LOCK_CLASS(&queue->lock, class);
}

static inline void apus_wake_up(struct wait_queue_head *queue)
{
	wake_up(queue);
}

static inline void apus_wake_up_all(struct wait_queue_head *queue)
{
	wake_up_all(queue);
}

static inline void apus_wait_entry_init(struct wait_queue_entry *entry)
{
	init_wait_entry(entry, 0);
}

static inline bool apus_signal_pending(void)
{
	return signal_pending(current);
}

/* --- Timers --- */

/* A timer's callback. Its argument is the timer. */
typedef unsigned int (*apus_timer_callback)(void *timer);

static inline void apus_timer_init(struct hrtimer *timer, apus_timer_callback callback)
{
	apus_compat_hrtimer_setup(timer, (enum hrtimer_restart (*)(struct hrtimer *))callback);
}

/* ktime_add_safe would turn a negative time into the largest one. */
static __always_inline void apus_timer_start(struct hrtimer *timer, s64 after, u64 slack)
{
	hrtimer_start_range_ns(timer, ns_to_ktime(max_t(s64, after, 0)), slack, HRTIMER_MODE_REL);
}

static __always_inline void apus_timer_start_at(struct hrtimer *timer, s64 at, u64 slack)
{
	hrtimer_start_range_ns(timer, ns_to_ktime(max_t(s64, at, 0)), slack, HRTIMER_MODE_ABS);
}

/*
 * The shortest delay, in nanoseconds, with which a callback may start its own timer, so that an
 * interrupt cannot go on forever. If timers expire faster than they are served, the kernel's
 * hrtimer_interrupt returns after three rounds, and leaves the CPU to other work for as long as
 * those took.
 */
#define APUS_TIMER_MINIMUM 1000

/* Called from the timer's own callback. */
static inline void apus_timer_restart(struct hrtimer *timer, s64 after)
{
	hrtimer_start_range_ns(timer, ns_to_ktime(max_t(s64, after, APUS_TIMER_MINIMUM)), 0,
			       HRTIMER_MODE_REL);
}

/*
 * Called from the timer's own callback: starts it for the first multiple of the interval after its
 * last expiry that is in the future.
 *
 * Not hrtimer_forward, which may only be used on a timer that nothing else can start. The owner can
 * start this one concurrently. Starting takes the timer base's lock, so the later of the two starts
 * counts.
 */
static inline void apus_timer_forward(struct hrtimer *timer, s64 interval)
{
	ktime_t now = hrtimer_cb_get_time(timer);
	ktime_t next;

	interval = max_t(s64, interval, APUS_TIMER_MINIMUM);
	next = ktime_add_safe(READ_ONCE(timer->node.expires), interval);
	if (next <= now)
		next = ktime_add_safe(next, (div64_s64(now - next, interval) + 1) * interval);
	hrtimer_start_range_ns(timer, next, 0, HRTIMER_MODE_ABS);
}

/* Whether the caller is the timer's own callback, or interrupted it on its CPU. */
static inline bool apus_timer_is_own(const struct hrtimer *timer)
{
	const struct hrtimer_clock_base *base = READ_ONCE(timer->base);

	return in_interrupt() && READ_ONCE(base->running) == timer &&
	       base->cpu_base->cpu == raw_smp_processor_id();
}

/* Waits for a callback that is running. Returns true if the timer was pending. */
static inline bool apus_timer_cancel(struct hrtimer *timer)
{
	return hrtimer_cancel(timer) != 0;
}

static inline bool apus_timer_is_active(const struct hrtimer *timer)
{
	return hrtimer_active(timer);
}

/* --- Work --- */

enum apus_wq_flags {
	APUS_WQ_UNBOUND = WQ_UNBOUND,
	APUS_WQ_MEM_RECLAIM = WQ_MEM_RECLAIM,
	APUS_WQ_HIGHPRI = WQ_HIGHPRI,
	APUS_WQ_CPU_INTENSIVE = WQ_CPU_INTENSIVE,
	APUS_WQ_FREEZABLE = WQ_FREEZABLE,
	APUS_WQ_SYSFS = WQ_SYSFS,
	APUS_WQ_MAX_ACTIVE = WQ_MAX_ACTIVE,
};

/* A work item's callback. Its argument is the work item. */
typedef void (*apus_work_callback)(void *work);

static inline void *apus_wq_alloc(const char *name, unsigned int flags, int max_active)
{
	apus_assert_may_sleep();
	return alloc_workqueue("%s", flags, max_active, name);
}

static inline void *apus_wq_alloc_ordered(const char *name, unsigned int flags)
{
	apus_assert_may_sleep();
	return alloc_ordered_workqueue("%s", flags, name);
}

static inline void apus_wq_destroy(void *queue)
{
	apus_might_sleep();
	destroy_workqueue(queue);
}

static inline void apus_wq_flush(void *queue)
{
	apus_might_sleep();
	__flush_workqueue(queue);
}

static inline void *_Nonnull apus_wq_system(void)
{
	return system_wq;
}

static inline void *_Nonnull apus_wq_system_high_priority(void)
{
	return system_highpri_wq;
}

static inline void *_Nonnull apus_wq_system_unbound(void)
{
	return system_unbound_wq;
}

/*
 * A work item and its timer have a lockdep map each, by which lockdep sees which tasks wait for
 * them. The two cannot share a class, because the timer's map is held in interrupt context. So the
 * address of the class's second byte serves as the timer's key.
 */
static __always_inline void apus_work_init(struct delayed_work *work, apus_work_callback callback,
					   const char *class)
{
	INIT_DELAYED_WORK(work, (work_func_t)callback);
#ifdef CONFIG_LOCKDEP
	lockdep_init_map(&work->work.lockdep_map, class, (struct lock_class_key *)class, 0);
	lockdep_init_map(&work->timer.lockdep_map, class, (struct lock_class_key *)(class + 1), 0);
#endif
}

static __always_inline bool apus_work_queue(struct delayed_work *work, void *queue, s64 after)
{
	return queue_delayed_work(queue, work, apus_ticks(after));
}

static inline bool apus_work_requeue(struct delayed_work *work, void *queue, s64 after)
{
	return mod_delayed_work(queue, work, apus_ticks(after));
}

static inline bool apus_work_cancel(struct delayed_work *work)
{
	apus_might_sleep();
	return cancel_delayed_work_sync(work);
}

static inline void apus_work_flush(struct delayed_work *work)
{
	apus_might_sleep();
	flush_delayed_work(work);
}

static inline bool apus_work_is_pending(struct delayed_work *work)
{
	return delayed_work_pending(work);
}

/* Whether the caller is the work item's own callback. */
static inline bool apus_work_is_own(struct delayed_work *work)
{
	return in_task() && current_work() == &work->work;
}

/* --- Threads --- */

typedef int (*apus_thread_callback)(void *data);

/* Creates a thread that does not run yet. The caller gets one reference. */
static inline int apus_thread_create(void **thread, apus_thread_callback callback, void *data,
				     int node, const char *name)
{
	struct task_struct *task;

	apus_assert_may_sleep();
	task = kthread_create_on_node(callback, data, node, "%s", name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	*thread = task;
	return 0;
}

static inline void apus_thread_wake(void *thread)
{
	wake_up_process(thread);
}

/* Waits until the thread has left its function. If the thread has not entered it, it never will. */
static inline void apus_thread_stop(void *thread)
{
	apus_might_sleep();
	kthread_stop(thread);
	put_task_struct(thread);
}

static inline bool apus_thread_is_current(const void *thread)
{
	return in_task() && current == thread;
}

/*
 * Sleeps until the thread is woken or is to stop, for at most this time. A negative time is no
 * limit.
 */
static inline void apus_thread_sleep(s64 nanoseconds)
{
	ktime_t timeout = ns_to_ktime(nanoseconds);

	apus_might_sleep();
	set_current_state(TASK_IDLE);
	if (!kthread_should_stop()) {
		if (nanoseconds < 0)
			schedule();
		else
			schedule_hrtimeout(&timeout, HRTIMER_MODE_REL);
	}
	__set_current_state(TASK_RUNNING);
}

/* --- Time and CPUs --- */

static __always_inline u64 apus_now(void)
{
	return ktime_get_ns();
}

/* Sleeps for at least this time: by a timer up to 20 ms, by the tick beyond. */
static inline void apus_sleep(s64 nanoseconds)
{
	u64 microseconds, milliseconds;
	unsigned int part;

	apus_might_sleep();
	if (nanoseconds <= 0)
		return;
	microseconds = div_u64((u64)nanoseconds + NSEC_PER_USEC - 1, NSEC_PER_USEC);
	if (microseconds <= 20000) {
		usleep_range(microseconds, microseconds + (microseconds >> 2) + 1);
		return;
	}
	/* In parts, because msleep takes a 32-bit number. */
	for (milliseconds = div_u64(microseconds + 999, 1000); milliseconds; milliseconds -= part) {
		part = min_t(u64, milliseconds, INT_MAX);
		msleep(part);
	}
}

/* Spins for at most a millisecond, even if the caller asks for more. */
static inline void apus_spin(s64 nanoseconds)
{
	if (nanoseconds <= 0)
		return;
	if (nanoseconds < NSEC_PER_USEC)
		ndelay((unsigned long)nanoseconds);
	else
		udelay(min_t(u64, div_u64((u64)nanoseconds + NSEC_PER_USEC - 1, NSEC_PER_USEC),
			     1000));
}

static __always_inline void apus_cpu_relax(void)
{
	cpu_relax();
}

static __always_inline void apus_cond_resched(void)
{
	apus_might_sleep();
	cond_resched();
}

static __always_inline unsigned int apus_cpu_current(void)
{
	return raw_smp_processor_id();
}

static inline unsigned int apus_cpu_limit(void)
{
	return nr_cpu_ids;
}

static inline unsigned int apus_cpu_online_count(void)
{
	return num_online_cpus();
}

static inline unsigned int apus_cpu_possible_count(void)
{
	return num_possible_cpus();
}

/* --- Per-CPU counters --- */

static __always_inline int apus_counter_init(struct percpu_counter *counter, s64 value,
					     unsigned int gfp, const char *class)
{
	int result = percpu_counter_init(counter, value, apus_gfp(gfp));

	if (!result)
		APUS_SET_LOCK_CLASS(&counter->lock, class);
	return result;
}

static inline void apus_counter_destroy(struct percpu_counter *counter)
{
	percpu_counter_destroy(counter);
}

static __always_inline void apus_counter_add(struct percpu_counter *counter, s64 amount)
{
	percpu_counter_add(counter, amount);
}

static __always_inline s64 apus_counter_read(struct percpu_counter *counter)
{
	return percpu_counter_read(counter);
}

static inline s64 apus_counter_sum(struct percpu_counter *counter)
{
	return percpu_counter_sum(counter);
}

#endif

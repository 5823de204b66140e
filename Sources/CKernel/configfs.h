/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers for configfs (Sources/Kernel/Configfs): the structures that outlive a call.
 */
#ifndef APUS_CONFIGFS_H
#define APUS_CONFIGFS_H

/*
 * The C part of every group, at its start: of a subsystem's root, of a default group, and of a
 * group that mkdir made in one of them. Only a root uses more of `subsystem` than its group.
 */
struct apus_configfs {
	struct configfs_subsystem subsystem;
	/* The type of the groups that mkdir makes in this one, or NULL. */
	const struct config_item_type *items;
	/*
	 * For a root: how many groups that mkdir made below it have not been released, and whether
	 * no more may be made (under su_mutex).
	 */
	atomic_t made;
	bool is_closed;
	/*
	 * For a root: withdraws it when the module ends, if its value ended while there were items
	 * in it.
	 */
	struct apus_left_over left;
	/*
	 * For a group that mkdir made: the group in which it was made, with a reference, because
	 * the C types belong to that group, and the root, with a reference as well.
	 */
	struct apus_configfs *parent, *root;
	/*
	 * For a root, and for a group that mkdir made: held while an attribute of it, or of one of
	 * its default groups, is being stored.
	 */
	struct mutex lock;
};

static inline struct config_item *apus_configfs_item(struct apus_configfs *group)
{
	return &group->subsystem.su_group.cg_item;
}

/* Returns the root above a group that is linked. */
static inline struct apus_configfs *apus_configfs_top(struct config_group *group)
{
	return container_of(group->cg_subsys, struct apus_configfs, subsystem);
}

/*
 * The number of groups that configfs has not released, and of registered roots. Another subsystem
 * may have a reference to a group that is gone, for a symbolic link that it then refuses. So the
 * module waits for such groups before it ends.
 */
extern atomic_t apus_configfs_groups, apus_configfs_roots;

static noinline __maybe_unused void apus_configfs_begun(atomic_t *count)
{
	atomic_inc(count);
}

static noinline __maybe_unused void apus_configfs_ended(atomic_t *count)
{
	atomic_dec(count);
}

/* Initialises a group without a name, with one reference, which is the caller's. */
static inline void apus_configfs_init(struct apus_configfs *group,
				      const struct config_item_type *type,
				      const struct config_item_type *items)
{
	memset(group, 0, sizeof(*group));
	apus_configfs_begun(&apus_configfs_groups);
	group->items = items;
	apus_configfs_item(group)->ci_type = type;
	config_group_init(&group->subsystem.su_group);
	mutex_init(&group->lock);
	APUS_SET_LOCK_CLASS(&group->lock, "configfs stores");
}

/*
 * Returns the group whose lock a group's stores hold. For a default group that is the root or the
 * group that mkdir made above it, at any depth. The group is linked: configfs holds the fragment's
 * semaphore in a store, and su_mutex in make_group.
 */
static inline struct apus_configfs *apus_configfs_owner(struct apus_configfs *group)
{
	while (!group->parent && group != apus_configfs_top(&group->subsystem.su_group))
		group = container_of(to_config_group(apus_configfs_item(group)->ci_parent),
				     struct apus_configfs, subsystem.su_group);
	return group;
}

/* A task that waits here delays an rmdir, so a fatal signal ends the wait. */
static inline int apus_configfs_lock(struct apus_configfs *group)
{
	return mutex_lock_killable(&apus_configfs_owner(group)->lock);
}

static inline void apus_configfs_unlock(struct apus_configfs *group)
{
	mutex_unlock(&apus_configfs_owner(group)->lock);
}

/* A short name is stored in the item, a longer one is allocated. */
static inline int apus_configfs_name(struct apus_configfs *group, const char *name)
{
	return config_item_set_name(apus_configfs_item(group), "%s", name) ? -ENOMEM : 0;
}

static inline int apus_configfs_register(struct apus_configfs *root, const char *class)
{
	int result;

	apus_assert_may_sleep();
	mutex_init(&root->subsystem.su_mutex);
	APUS_SET_LOCK_CLASS(&root->subsystem.su_mutex, class);
	result = configfs_register_subsystem(&root->subsystem);
	if (!result)
		apus_configfs_begun(&apus_configfs_roots);
	return result;
}

/*
 * Unregisters a root, or returns -EBUSY if there are items in it. When the module is over, none is
 * linked: each would hold the module. Another subsystem may still have a reference to one, and the
 * end of the module waits for that (apus_configfs_groups).
 */
static inline int apus_configfs_unregister(struct apus_configfs *root, bool is_over)
{
	int made;

	apus_assert_may_sleep();
	mutex_lock(&root->subsystem.su_mutex);
	made = is_over ? 0 : atomic_read(&root->made);
	if (!made)
		root->is_closed = true;
	mutex_unlock(&root->subsystem.su_mutex);
	if (made)
		return -EBUSY;
	configfs_unregister_subsystem(&root->subsystem);
	apus_configfs_ended(&apus_configfs_roots);
	return 0;
}

static inline void apus_configfs_put(struct apus_configfs *group)
{
	config_item_put(apus_configfs_item(group));
}

/* What is above a group that mkdir made. Both are null for any other group. */
struct apus_configfs_above {
	struct apus_configfs *parent, *root;
};

/*
 * The last step of a group's release: its memory is gone. The root counts the group until here. The
 * group's value may end a subsystem, which takes the lock of configfs's root. It ends with the
 * group's directory locked, and the end of the root takes the two locks in the other order.
 */
static inline void apus_configfs_released(struct apus_configfs_above above)
{
	if (above.parent) {
		atomic_dec(&above.root->made);
		apus_configfs_put(above.parent);
		apus_configfs_put(above.root);
	}
	apus_configfs_ended(&apus_configfs_groups);
}

static int apus_configfs_take_back(struct apus_left_over *left, bool is_over)
{
	struct apus_configfs *root = container_of(left, struct apus_configfs, left);
	int result = apus_configfs_unregister(root, is_over);

	if (result)
		return result;
	apus_configfs_put(root);
	apus_unregistered();
	return 0;
}

/*
 * For a root whose items users still have. Each item holds the module, so none is left when the
 * module ends.
 */
static inline void apus_configfs_leave(struct apus_configfs *root)
{
	root->left.take_back = apus_configfs_take_back;
	apus_leave_over(&root->left);
}

/* Makes a group a default group of another. The other group has a reference to it until it ends. */
static inline void apus_configfs_add_group(struct apus_configfs *parent, struct config_group *group)
{
	config_group_get(group);
	configfs_add_default_group(group, &parent->subsystem.su_group);
}

/*
 * Called from make_group: returns the group that is to get another one, or null if its root is
 * closed. configfs holds su_mutex.
 */
static inline struct apus_configfs *apus_configfs_parent(struct config_group *group)
{
	if (apus_configfs_top(group)->is_closed)
		return NULL;
	return container_of(group, struct apus_configfs, subsystem.su_group);
}

/* Called from make_group: initialises the new group. configfs holds su_mutex. */
static inline void apus_configfs_init_item(struct apus_configfs *item, struct apus_configfs *parent)
{
	apus_configfs_init(item, parent->items, NULL);
	item->parent = parent;
	item->root = apus_configfs_top(&parent->subsystem.su_group);
	config_item_get(apus_configfs_item(item->root));
	atomic_inc(&item->root->made);
	config_item_get(apus_configfs_item(parent));
}

/* The result of make_group. */
static inline struct config_group *apus_configfs_group(struct apus_configfs *item)
{
	return &item->subsystem.su_group;
}

/*
 * Called from release, for the last reference to a group: removes its default groups. The caller
 * passes the result to apus_configfs_released.
 */
static inline struct apus_configfs_above apus_configfs_end(struct apus_configfs *group)
{
	configfs_remove_default_groups(&group->subsystem.su_group);
	mutex_destroy(&group->lock);
	return (struct apus_configfs_above){ .parent = group->parent, .root = group->root };
}

static inline void *apus_err_ptr(int error)
{
	return ERR_PTR(error);
}

/* The C types of one kind of item. configfs reads them as long as such an item exists. */
struct apus_config_type {
	struct config_item_type type;
	struct configfs_item_operations item_ops;
	struct configfs_group_operations group_ops;
	unsigned int count;
};

/*
 * The attributes and the list of pointers to them follow the structure. The list has `count`
 * pointers and a null at its end.
 */
static inline size_t apus_config_type_size(unsigned int count)
{
	return sizeof(struct apus_config_type) + count * sizeof(struct configfs_attribute) +
	       (count + 1) * sizeof(struct configfs_attribute *);
}

static inline void apus_config_type_init(struct apus_config_type *type, unsigned int count,
					 void (*release)(struct config_item *),
					 struct config_group *(*make)(struct config_group *,
								      const char *),
					 void (*drop)(struct config_group *, struct config_item *))
{
	struct configfs_attribute *attributes = (void *)(type + 1);

	memset(type, 0, apus_config_type_size(count));
	type->item_ops.release = release;
	type->group_ops.make_group = make;
	type->group_ops.drop_item = drop;
	type->type.ct_owner = THIS_MODULE;
	type->type.ct_item_ops = &type->item_ops;
	if (make)
		type->type.ct_group_ops = &type->group_ops;
	type->type.ct_attrs = (void *)(attributes + count);
}

static inline void apus_config_type_add(struct apus_config_type *type, const char *name,
					ssize_t (*show)(struct config_item *, char *),
					ssize_t (*store)(struct config_item *, const char *,
							 size_t))
{
	struct configfs_attribute *attribute =
		(struct configfs_attribute *)(type + 1) + type->count;

	attribute->ca_name = name;
	attribute->ca_owner = THIS_MODULE;
	attribute->ca_mode = (show ? 0444 : 0) | (store ? 0200 : 0);
	attribute->show = show;
	attribute->store = store;
	type->type.ct_attrs[type->count++] = attribute;
}

#endif

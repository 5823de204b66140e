/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for configfs (Sources/Kernel/Configuration*.swift): the structures that outlive one call, in one place. */
#ifndef APUS_CONFIGFS_H
#define APUS_CONFIGFS_H

/*
 * The C part of every group, at its start: of a subsystem's root, of a default group, and of what mkdir made in one of them.
 * Of the structure within, only a root uses more than the group.
 */
struct apus_configfs {
	struct configfs_subsystem subsystem;
	/* The type of the groups that mkdir makes in this one, or NULL. */
	const struct config_item_type *items;
	/* Of a root: how many mkdir made below it, and whether no more may be made. */
	unsigned int made;
	bool is_closed;
	/* Of a root: how it is taken away when the module ends, if its value ended while there were items in it. */
	struct apus_left_over left;
	/* Of what mkdir made: the group that it was made in, with a reference, since the C types are the group's. */
	struct apus_configfs *parent;
	/* Of a root, and of what mkdir made: held while an attribute of it, or of a group that came with it, is being stored. */
	struct mutex lock;
};

static inline struct config_item *apus_configfs_item(struct apus_configfs *group)
{
	return &group->subsystem.su_group.cg_item;
}

/* The root above a group that is linked. */
static inline struct apus_configfs *apus_configfs_top(struct config_group *group)
{
	return container_of(group->cg_subsys, struct apus_configfs, subsystem);
}

/* With one reference, the caller's; without a name. */
static inline void apus_configfs_init(struct apus_configfs *group, const struct config_item_type *type,
				      const struct config_item_type *items)
{
	memset(group, 0, sizeof(*group));
	group->items = items;
	apus_configfs_item(group)->ci_type = type;
	config_group_init(&group->subsystem.su_group);
	mutex_init(&group->lock);
	APUS_SET_LOCK_CLASS(&group->lock, "configfs stores");
}

/*
 * The group whose lock a group's stores hold: the one that it came with, however far up. The group
 * is linked: configfs holds the fragment's semaphore in a store, and su_mutex in make_group.
 */
static inline struct apus_configfs *apus_configfs_owner(struct apus_configfs *group)
{
	while (!group->parent && group != apus_configfs_top(&group->subsystem.su_group))
		group = container_of(to_config_group(apus_configfs_item(group)->ci_parent), struct apus_configfs,
				     subsystem.su_group);
	return group;
}

/* One who waits here holds up an rmdir, so a fatal signal ends it. */
static inline int apus_configfs_lock(struct apus_configfs *group)
{
	return mutex_lock_killable(&apus_configfs_owner(group)->lock);
}

static inline void apus_configfs_unlock(struct apus_configfs *group)
{
	mutex_unlock(&apus_configfs_owner(group)->lock);
}

/* A short name is kept in the item, a longer one takes memory. */
static inline int apus_configfs_name(struct apus_configfs *group, const char *name)
{
	return config_item_set_name(apus_configfs_item(group), "%s", name) ? -ENOMEM : 0;
}

static inline int apus_configfs_register(struct apus_configfs *root, const char *class)
{
	apus_assert_may_sleep();
	mutex_init(&root->subsystem.su_mutex);
	APUS_SET_LOCK_CLASS(&root->subsystem.su_mutex, class);
	return configfs_register_subsystem(&root->subsystem);
}

/* Takes a root away, or refuses with -EBUSY because there are items in it. */
static inline int apus_configfs_unregister(struct apus_configfs *root)
{
	unsigned int made;

	apus_assert_may_sleep();
	mutex_lock(&root->subsystem.su_mutex);
	made = root->made;
	if (!made)
		root->is_closed = true;
	mutex_unlock(&root->subsystem.su_mutex);
	if (made)
		return -EBUSY;
	configfs_unregister_subsystem(&root->subsystem);
	return 0;
}

static inline void apus_configfs_put(struct apus_configfs *group)
{
	config_item_put(apus_configfs_item(group));
}

static int apus_configfs_take_back(struct apus_left_over *left, bool is_over)
{
	struct apus_configfs *root = container_of(left, struct apus_configfs, left);
	int result = apus_configfs_unregister(root);

	if (result)
		return result;
	apus_configfs_put(root);
	apus_unregistered();
	return 0;
}

/* A root whose items users still have: each holds the module, so none is left when that ends. */
static inline void apus_configfs_leave(struct apus_configfs *root)
{
	root->left.take_back = apus_configfs_take_back;
	apus_leave_over(&root->left);
}

/* Makes a group one that comes with another. The other one gets a reference, until it ends. */
static inline void apus_configfs_add_group(struct apus_configfs *parent, struct config_group *group)
{
	config_group_get(group);
	configfs_add_default_group(group, &parent->subsystem.su_group);
}

/* From make_group: the group that is to get another, if it still does. configfs holds su_mutex. */
static inline struct apus_configfs *apus_configfs_parent(struct config_group *group)
{
	if (apus_configfs_top(group)->is_closed)
		return NULL;
	return container_of(group, struct apus_configfs, subsystem.su_group);
}

/* From make_group: what it makes, which counts only at the end. */
static inline void apus_configfs_init_item(struct apus_configfs *item, struct apus_configfs *parent)
{
	apus_configfs_init(item, parent->items, NULL);
	item->parent = parent;
	config_item_get(apus_configfs_item(parent));
}

static inline struct config_group *apus_configfs_made(struct apus_configfs *item)
{
	apus_configfs_top(&item->parent->subsystem.su_group)->made++;
	return &item->subsystem.su_group;
}

/* From drop_item: configfs holds su_mutex. */
static inline void apus_configfs_drop(struct apus_configfs *item)
{
	apus_configfs_top(&item->parent->subsystem.su_group)->made--;
	apus_configfs_put(item);
}

/* From release: the last one who refers to a group lets go of those that came with it. The parent, if any, is yet to be put. */
static inline struct apus_configfs *apus_configfs_end(struct apus_configfs *group)
{
	configfs_remove_default_groups(&group->subsystem.su_group);
	mutex_destroy(&group->lock);
	return group->parent;
}

static inline void *apus_err_ptr(int error)
{
	return ERR_PTR(error);
}

/* The C types of one kind of item: what configfs reads as long as there is such an item. */
struct apus_config_type {
	struct config_item_type type;
	struct configfs_item_operations item_ops;
	struct configfs_group_operations group_ops;
	unsigned int count;
};

/* Attributes and the list of pointers to them follow the structure: room for `count` of them and the end. */
static inline size_t apus_config_type_size(unsigned int count)
{
	return sizeof(struct apus_config_type) + count * sizeof(struct configfs_attribute) +
	       (count + 1) * sizeof(struct configfs_attribute *);
}

static inline void apus_config_type_init(struct apus_config_type *type, unsigned int count,
					 void (*release)(struct config_item *),
					 struct config_group *(*make)(struct config_group *, const char *),
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
					ssize_t (*store)(struct config_item *, const char *, size_t))
{
	struct configfs_attribute *attribute = (struct configfs_attribute *)(type + 1) + type->count;

	attribute->ca_name = name;
	attribute->ca_owner = THIS_MODULE;
	attribute->ca_mode = (show ? 0444 : 0) | (store ? 0200 : 0);
	attribute->show = show;
	attribute->store = store;
	type->type.ct_attrs[type->count++] = attribute;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Helpers for configfs (Sources/Kernel/Configuration*.swift): the structures that outlive one call, in one place. */
#ifndef APUS_CONFIGFS_H
#define APUS_CONFIGFS_H

/*
 * The C part of every item, at its start. A subsystem's root uses all of it; for an item that mkdir made in one, only the
 * group within is configfs's, and `parent` is the root that counts it.
 */
struct apus_configfs {
	struct configfs_subsystem subsystem;
	/* Of a root: the type of the groups that mkdir makes in it, how many there are, and whether no more may be made. */
	const struct config_item_type *items;
	unsigned int made;
	bool is_closed;
	/* Of an item: the root. */
	struct apus_configfs *root;
};

static inline void apus_configfs_init_root(struct apus_configfs *root, const char *name,
					   const struct config_item_type *type, const struct config_item_type *items)
{
	memset(root, 0, sizeof(*root));
	root->items = items;
	mutex_init(&root->subsystem.su_mutex);
	config_group_init_type_name(&root->subsystem.su_group, name, type);
}

static inline int apus_configfs_register(struct apus_configfs *root)
{
	return configfs_register_subsystem(&root->subsystem);
}

/* Takes a root away, or refuses with -EBUSY because there are items in it. */
static inline int apus_configfs_unregister(struct apus_configfs *root)
{
	unsigned int made;

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

static inline void apus_configfs_put(struct apus_configfs *root)
{
	config_item_put(&root->subsystem.su_group.cg_item);
}

/* From make_group: the root, if it still takes items. configfs holds su_mutex. */
static inline struct apus_configfs *apus_configfs_root(struct config_group *group)
{
	struct apus_configfs *root = container_of(group, struct apus_configfs, subsystem.su_group);

	return root->is_closed ? NULL : root;
}

static inline void apus_configfs_init_item(struct apus_configfs *item, struct apus_configfs *root, const char *name)
{
	memset(item, 0, sizeof(*item));
	item->root = root;
	root->made++;
	config_group_init_type_name(&item->subsystem.su_group, name, root->items);
}

/* From drop_item: configfs holds su_mutex. */
static inline void apus_configfs_drop(struct apus_configfs *item)
{
	item->root->made--;
	config_item_put(&item->subsystem.su_group.cg_item);
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

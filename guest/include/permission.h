/* SPDX-License-Identifier: MIT */
/* Who may do what with a file (fs/permission.c; Linux fs/namei.c: inode_permission, may_delete; fs/attr.c). */
#ifndef GUEST_PERMISSION_H
#define GUEST_PERMISSION_H

#include "cred.h"
#include "fs.h"

#define MAY_EXEC	1u
#define MAY_WRITE	2u
#define MAY_READ	4u

/** By current's file-system ids and rights. 0 or -LX_EACCES. */
int inode_permission(const struct inode *inode, uint32_t mask);
/** access(2): by the real ids. */
int access_permission(const struct inode *inode, uint32_t mask);
/** May an entry be made in the directory? 0 or -LX_EACCES. */
static inline int may_change_dir(const struct inode *dir) { return inode_permission(dir, MAY_WRITE | MAY_EXEC); }
/** May the entry go (or be replaced)? As far as rights say so: 0, -LX_EACCES, -LX_EPERM (a sticky directory). */
int may_remove_from(const struct inode *dir, const struct inode *inode);
/** Does it belong to current, who may be above that? */
bool inode_owner_or_capable(const struct inode *inode);
/** A new inode's owner: current, but for the group where the directory (or NULL) gives its own. */
void inode_init_owner(struct inode *inode, const struct inode *dir);

#endif

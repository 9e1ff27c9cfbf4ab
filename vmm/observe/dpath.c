/* SPDX-License-Identifier: MIT */
/* Paths from dentries; see dpath.h. The chain is hostile: its length is bounded, and each name ends where its array does. */
#include <stdio.h>
#include <string.h>

#include "fs_types.h"
#include "observe/dpath.h"

#define MAX_DEPTH 64

/* Put "/name" in front of *at; false: no room. */
static bool prepend(char *buf, char **at, const char *name)
{
	size_t n = strnlen(name, LX_NAME_MAX);

	if ((size_t)(*at - buf) < n + 1)
		return false;
	*at -= n;
	memcpy(*at, name, n);
	*--*at = '/';
	return true;
}

/* From the end of buf towards its start: where the path begins, or NULL. */
static char *path_before(const struct guest_image *image, gva_t at_dentry, char *buf, char *end)
{
	struct dentry dentry;
	char *at = end;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		bool own_parent;

		if (!image_read_va(image, at_dentry, &dentry, sizeof(dentry)))
			return NULL;
		own_parent = dentry.d_parent.va == at_dentry.va;
		/* The root has no name; what never had one in a directory is its own parent as well. */
		if (own_parent && !dentry.d_name[0])
			return at == end && !prepend(buf, &at, "") ? NULL : at;
		if (!prepend(buf, &at, dentry.d_name))
			return NULL;
		if (own_parent)
			return at;
		at_dentry = (gva_t){dentry.d_parent.va};
	}
	return NULL;
}

void file_path(const struct guest_image *image, gva_t file_at, char *buf, size_t size)
{
	char room[4096], *end = room + sizeof(room), *path = NULL;
	struct dentry dentry;
	struct file file;
	bool unlinked = false;

	if (image_read_va(image, file_at, &file, sizeof(file)) &&
	    image_read_va(image, (gva_t){file.f_dentry.va}, &dentry, sizeof(dentry))) {
		path = path_before(image, (gva_t){file.f_dentry.va}, room, end);
		unlinked = dentry.d_flags & DCACHE_UNLINKED;
	}
	if (path)
		snprintf(buf, size, "%.*s%s", (int)(end - path), path, unlinked ? " (deleted)" : "");
	else
		snprintf(buf, size, "?");
}

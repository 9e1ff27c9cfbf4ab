/* SPDX-License-Identifier: MIT */
/* The tree of files (fs/tmpfs.c) to the system calls. */
#ifndef GUEST_TMPFS_H
#define GUEST_TMPFS_H

#include "files.h"
#include "mm_env.h"

#define NAME_MAX	255

/** open(2) without the descriptor: a file, or ERR_PTR with Linux's errno. mode: of a file that is created. */
struct file *tmpfs_open(const char *path, uint32_t flags, uint32_t mode);
/** unlink(2). 0 or -errno. */
int tmpfs_unlink(const char *path);
/** read_at of any file with pages. */
long generic_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos);
extern const struct file_operations image_file_operations;

#endif

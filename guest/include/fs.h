/* SPDX-License-Identifier: MIT */
/*
 * The tree of files: names (dentries), inodes, and the walk from a path to them, as in Linux fs/namei.c and dcache.c,
 * on one mount. shared/fs_types.h has the structures. Names differ from Linux's only where one function does less.
 *
 * References: a dentry holds one to its parent and one to its inode, an open file one to its dentry, a process one to its
 * working directory. A directory holds one to each of its entries, so they stay while nobody uses them. What a lookup()
 * callback makes up (proc) is no entry: it goes with its last user and is made anew whenever it is asked for.
 *
 * Locks: the i_rwsem of a directory guards its entries; for writing where they change.
 *
 * To hang in what is no tmpfs: a row in rootfs.c makes a node of the tree; a directory with lookup() and iterate() makes
 * up what is below it; SEQ_FILE_OPERATIONS() makes a file of a function.
 */
#ifndef GUEST_FS_H
#define GUEST_FS_H

#include "files.h"
#include "mm_env.h"

#define PATH_MAX	4096		/* bytes, with the end */

struct dir_context;

/** What a directory or a symbolic link does. Each may be NULL. */
struct inode_operations {
	/**
	 * The inode behind a name that is no child yet (it has no '/', is not "." or ".."), with a reference for the
	 * new dentry; or ERR_PTR. i_rwsem is held for reading. NULL: -LX_ENOENT, the children are all there is.
	 */
	struct inode *(*lookup)(struct inode *dir, const char *name);
	/**
	 * Every name that lookup() would find, by dir_emit() while it is true: from the ctx->pos of the directory's own
	 * choosing on, which begins at 0 and is what it leaves there for the next time. NULL: none.
	 */
	void (*iterate)(struct inode *dir, struct dir_context *ctx);
	/** A new inode of that mode (kind included), with a reference; or ERR_PTR. NULL: nothing here can be changed. */
	struct inode *(*mknod)(struct inode *dir, uint32_t mode);
	/** The target of a symbolic link, with its end, into buf of PATH_MAX bytes. 0 or -errno. */
	int (*get_link)(struct inode *inode, char *buf);
	/**
	 * Of a link that leads to a file however it is called, or without a name: that, with a reference; or ERR_PTR. NULL: the
	 * target is followed. (Linux nd_jump_link(); here it counts at the end of a path alone.)
	 */
	struct dentry *(*get_dentry)(struct inode *inode);
};

static inline uint32_t inode_type(const struct inode *inode) { return inode->i_mode & LX_S_IFMT; }
static inline bool is_dir(const struct inode *inode) { return inode_type(inode) == LX_S_IFDIR; }
static inline bool is_reg(const struct inode *inode) { return inode_type(inode) == LX_S_IFREG; }
static inline bool is_symlink(const struct inode *inode) { return inode_type(inode) == LX_S_IFLNK; }

/* --- dcache.c: dentries ------------------------------------------------------------------------------------- */

/** What the tree holds from the start (rootfs.c): by these numbers. */
enum static_node { ROOT_NODE, AGENT_NODE, DEV_NODE, SHM_NODE, ZERO_NODE, NULL_NODE, CONSOLE_NODE, LAB_NODE, PROC_NODE,
		   FULL_NODE, RANDOM_NODE, URANDOM_NODE, TTY_NODE, FD_NODE, STDIN_NODE, STDOUT_NODE, STDERR_NODE,
		   NR_STATIC_NODES };
extern struct inode static_inodes[NR_STATIC_NODES];
extern struct dentry static_dentries[NR_STATIC_NODES];
#define root_dentry (static_dentries[ROOT_NODE])

static inline struct dentry *dget(struct dentry *dentry) { dentry->d_count++; return dentry; }
void dput(struct dentry *dentry);
/**
 * A new entry of parent's directory for inode, whose reference it takes over; with one reference for the caller. NULL: no
 * memory. i_rwsem of the parent held for writing.
 */
struct dentry *d_add(struct dentry *parent, const char *name, struct inode *inode);
/** The entry leaves its directory; who uses it keeps it. i_rwsem of the parent held for writing. */
void d_unlink(struct dentry *dentry);
/** The entry gets another name and place, as its youngest. i_rwsem of both parents held for writing. */
void d_move(struct dentry *dentry, struct dentry *parent, const char *name);
/** The entry of that name, with a reference; NULL: none. */
struct dentry *d_lookup(struct dentry *parent, const char *name);
/** Like d_lookup(), but asks the directory's lookup(), too. ERR_PTR(-LX_ENOENT): none. */
struct dentry *lookup_one(struct dentry *parent, const char *name);
static inline bool d_unlinked(const struct dentry *dentry) { return dentry->d_flags & DCACHE_UNLINKED; }
/** Is `dentry` the directory `ancestor`, or below it? */
bool is_subdir(const struct dentry *dentry, const struct dentry *ancestor);
/**
 * The path of a dentry as Linux d_path() has it: from the root, " (deleted)" behind one without a name. It stands at the
 * end of buf; NULL: no room.
 */
char *d_path(const struct dentry *dentry, char *buf, size_t size);

/* --- namei.c: the walk -------------------------------------------------------------------------------------- */

/** A path from user memory; putname() when done. */
struct filename {
	const char *name;
	struct page *page;		/* of a long one */
	char small[104];
};
/** 0, -LX_EFAULT, -LX_ENOENT (it is empty), -LX_ENAMETOOLONG, -LX_ENOMEM. */
int getname(struct filename *filename, uint64_t at);
void putname(struct filename *filename);

#define LOOKUP_FOLLOW		1u	/* a symbolic link at the end is followed */
#define LOOKUP_DIRECTORY	2u	/* what is found must be a directory */

/** Where the path leads, with a reference; or ERR_PTR. dfd: from where a relative one starts, LX_AT_FDCWD or a descriptor. */
struct dentry *path_lookup(int dfd, const char *path, unsigned int flags);
/** The same with the path in user memory. */
struct dentry *user_path_at(int dfd, uint64_t path, unsigned int flags);

enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };
/** The last component of a path, whose directory exists. */
struct last_name {
	struct dentry *parent;		/* with a reference */
	enum last_type type;
	bool slash;			/* something follows: "name/" */
	char name[LX_NAME_MAX + 1];	/* LAST_NORM */
};
/** Walk up to the last component, which need not exist. 0 with last->parent to be put; or -errno. */
int path_parent(int dfd, const char *path, struct last_name *last);
/** The same with the path in user memory (dir_calls.c). */
int user_path_parent(int dfd, uint64_t path, struct last_name *last);

/** Is the path in user memory empty, as AT_EMPTY_PATH allows (stat.c)? */
bool is_empty_path(uint64_t path);

/** A walk under way, for who must do something else with the last component (open). */
struct walk {
	struct dentry *at;		/* with a reference; ERR_PTR: it could not begin */
	const char *path;		/* what is left */
	struct page *block;		/* where that stands once a symbolic link was followed */
	unsigned int links;		/* followed so far */
};
/** 0 or -errno; walk_end() in any case. path must stay until then. */
int walk_begin(struct walk *w, int dfd, const char *path);
void walk_end(struct walk *w);
/** To the directory of the last component, which is taken off. 0 or -errno. */
int walk_parents(struct walk *w, struct last_name *last);
/** What the component names in the directory reached, with a reference, no link followed; or ERR_PTR. */
struct dentry *walk_component(struct walk *w, const struct last_name *last);
/** A link at the end of a path that is to be followed and knows its file: that, the link's reference used up. NULL: it does not. */
struct dentry *jump_link(struct dentry *link);
/** The link, whose reference is used up, takes its name's place in the path. slash: "name/". 0 or -errno. */
int follow_link(struct walk *w, struct dentry *link, bool slash);

/** open(2) without the descriptor (open.c): a file, or ERR_PTR. mode: of a file that is created, before the umask. */
struct file *do_filp_open(int dfd, const char *path, uint32_t flags, uint32_t mode);
/** unlink(2) from within the kernel. 0 or -errno. */
int unlink_path(const char *path);
/**
 * The file of a program to be run, which nobody can write until allow_write_access(); or ERR_PTR (Linux do_open_execat).
 */
struct file *open_exec(const char *path);
static inline void allow_write_access(struct file *file) { file->f_inode->i_writecount++; }
/** An open file on the dentry, whose reference it takes over in any case; or ERR_PTR. O_TRUNC is not done here. */
struct file *dentry_open(struct dentry *dentry, uint32_t flags);
/** A new entry for inode, whose reference it takes over in any case (or which is ERR_PTR); with a reference, or ERR_PTR. */
struct dentry *add_entry(struct dentry *parent, const char *name, struct inode *inode);
/** The entry goes: links, sizes and times of it and its directory, whose i_rwsem is held for writing (dir_calls.c). */
void remove_entry(struct dentry *dentry);
/** A new length; size fits an int64_t, and the caller has write access. 0, or -LX_EFBIG and a signal. */
int vfs_truncate(struct inode *inode, uint64_t size);

/* --- filesize.c: RLIMIT_FSIZE; who meets it gets SIGXFSZ ----------------------------------------------------------- */

/** May it become so large? 0 or -LX_EFBIG. */
int inode_newsize_ok(const struct inode *inode, uint64_t size);
/** Would a write to this file at pos meet the limit? Tells nobody. */
bool at_size_limit(const struct file *file, uint64_t pos);
/** Of a write of len bytes at pos so many may be done; or -LX_EFBIG. */
long generic_write_checks(uint64_t pos, uint64_t len);

/* i_writecount: either there are writers, or programs run from the file. 0 or -LX_ETXTBSY. */
static inline int get_write_access(struct inode *inode)
{
	if (inode->i_writecount < 0)
		return -LX_ETXTBSY;
	inode->i_writecount++;
	return 0;
}
static inline void put_write_access(struct inode *inode) { inode->i_writecount--; }

/* --- readdir.c ---------------------------------------------------------------------------------------------- */

/** A directory being read. */
struct dir_context {
	uint64_t pos;
	bool (*actor)(struct dir_context *ctx, const char *name, uint64_t ino, uint32_t type);
};
/** One entry, with ctx->pos being its place; type: S_IF*. false: there was no room for it, stop. */
static inline bool dir_emit(struct dir_context *ctx, const char *name, uint64_t ino, uint32_t type)
{
	return ctx->actor(ctx, name, ino, type);
}
extern const struct file_operations dir_operations;	/* of every directory */

/* --- working directory and umask of a process (fs_struct.c) -------------------------------------------------- */

/** What every spawned process begins with. Never changed, as init_files. */
extern struct fs_struct init_fs;
struct task;
int copy_fs(struct task *child, bool share);	/* 0 or -LX_ENOMEM */
void put_fs(struct task *task);

/* --- files with contents made by a callback (seq_file.c) ------------------------------------------------------ */

/** Text being made. What does not fit is counted, and the text made again with more room. */
struct seq_file {
	char *buf;
	uint64_t size, count;
	struct inode *inode;
	struct file *file;
};
void seq_putc(struct seq_file *m, char c);
void seq_puts(struct seq_file *m, const char *s);
void seq_write(struct seq_file *m, const void *bytes, uint64_t n);
void seq_printf(struct seq_file *m, const char *format, ...) __printf(2, 3);

/**
 * file_operations whose contents are what show() writes, made when a read begins at 0 and kept for the reads that follow:
 *
 *	static int version_show(struct seq_file *m) { seq_puts(m, "1\n"); return 0; }
 *	static const struct file_operations version_operations = SEQ_FILE_OPERATIONS(version_show);
 *
 * show() returns 0 or -errno, which the read returns; m->inode->i_private is the inode's own.
 */
#define SEQ_FILE_OPERATIONS(fn) { .show = (fn), .read_at = seq_read_at, .release = seq_release }
long seq_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos);
void seq_release(struct file *file);

/* --- initrd.c ----------------------------------------------------------------------------------------------------- */

/** Not prepared yet: to be done before the tree is looked at. */
extern bool tree_pending;
/** The loader's cpio, if there is one, and the host's folder, if there is one, come into the tree. */
void prepare_tree(void);

/* --- hostfs.c ----------------------------------------------------------------------------------------------------- */

/** "/" is the host's folder, but for what it has already. */
void host_mount(void);
/** An entry of a S_HOST directory that has none of that name yet, with a reference; or ERR_PTR. */
struct dentry *host_lookup(struct dentry *parent, const char *name);
/** All that the host's directory holds becomes entries; from then on it is a directory of ours. 0 or -errno. */
int host_complete(struct dentry *dir);
/** Are all names of the directory entries? They have to be where it is read, or loses a name. 0 or -errno. */
static inline int d_complete(struct dentry *dir)
{
	return is_dir(dir->d_inode) && (dir->d_inode->i_flags & S_HOST) ? host_complete(dir) : 0;
}

/* --- nodes: tmpfs.c, devices.c, agent_file.c ------------------------------------------------------------------- */

#define TMPFS_DIRENT_SIZE	20	/* bytes that an entry adds to its directory's size, as on Linux */
/** An entry goes. A directory of the host's began with the size it has there, whatever that counts. */
static inline void shrink_dir(struct inode *dir) { dir->i_size -= min(dir->i_size, (uint64_t)TMPFS_DIRENT_SIZE); }

/** Now, on the clock of inode times. */
static inline uint64_t current_time(void) { return lab.virtual_ns + lab.live.realtime_offset; }
/** It was read (Linux atime_needs_update, relatime): told once after each change, and once a day. */
static inline void file_accessed(struct inode *inode)
{
	uint64_t now = current_time();

	if (inode->i_mtime >= inode->i_atime || inode->i_ctime >= inode->i_atime ||
	    now - inode->i_atime >= 24UL * 3600 * 1000000000)
		inode->i_atime = now;
}
/** Its contents were changed. */
static inline void update_mtime(struct inode *inode) { inode->i_mtime = inode->i_ctime = current_time(); }
/** A symbolic link to target, to be put into dir (NULL: the initrd's), with a reference; or ERR_PTR. */
struct inode *tmpfs_symlink(const char *target, const struct inode *dir);
/** Bytes of a file with pages into kernel memory: how many there were before its end. */
uint64_t kernel_read(struct file *file, void *to, uint64_t n, uint64_t pos);
/** read_at of any file with pages. */
long generic_read_at(struct file *file, uint64_t at, uint64_t len, uint64_t *pos);
extern const struct file_operations image_file_operations, null_operations, zero_operations, console_operations;
extern const struct inode_operations dev_fd_inode_operations;
extern const struct file_operations full_operations, random_operations, tty_operations;
extern const struct address_space_operations agent_aops;
extern const struct inode_operations tmpfs_dir_inode_operations, tmpfs_symlink_inode_operations;

#endif

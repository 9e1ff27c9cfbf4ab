/* SPDX-License-Identifier: MIT */
/*
 * The initrd: a newc cpio that the loader left in RAM, unpacked into the tree (Linux init/initramfs.c) when a path is first
 * looked for; boot only keeps its frames. Contents stay where they are until a page of them is used, which is a copy then
 * (mm/shmem.c). The archive may be anything: what makes no sense is told on the console and ends it.
 */
#include "fs.h"

#define HEADER_SIZE	110
#define MAGIC		"070701"
#define TRAILER		"TRAILER!!!"

/* Where the hexadecimal fields of eight digits stand, behind the magic. */
enum field { C_INO, C_MODE, C_UID, C_GID, C_NLINK, C_MTIME, C_FILESIZE, C_MAJOR, C_MINOR, C_RMAJOR, C_RMINOR, C_NAMESIZE,
	     C_CHECK, NR_FIELDS };

struct cpio {
	const char *start;
	uint64_t size, at;		/* at: of the entry */
	uint32_t field[NR_FIELDS];
	const char *name;		/* with its end */
	const char *data;
	char path[PATH_MAX];		/* "/name" */
};

bool tree_pending = true;

static bool hex_field(const char *s, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		char c = s[i] | 0x20;	/* digits stay */

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The entry at c->at, all of which lies in the archive; *next is behind it. NULL, or what is wrong. */
static const char *read_entry(struct cpio *c, uint64_t *next)
{
	const char *header = c->start + c->at;
	uint64_t name_end, data_end;

	if (c->size - c->at < HEADER_SIZE)
		return "the archive ends in a header";
	if (memcmp(header, MAGIC, sizeof(MAGIC) - 1))
		return "no newc header";
	for (int i = 0; i < NR_FIELDS; i++)
		if (!hex_field(header + 6 + 8 * i, &c->field[i]))
			return "a field is no hexadecimal number";
	if (c->field[C_NAMESIZE] == 0 || c->field[C_NAMESIZE] >= PATH_MAX)
		return "a name is empty or too long";
	name_end = ALIGN_UP(c->at + HEADER_SIZE + c->field[C_NAMESIZE], 4);
	data_end = name_end + c->field[C_FILESIZE];
	if (data_end > c->size)
		return "the archive ends in an entry";
	c->name = header + HEADER_SIZE;
	c->data = c->start + name_end;
	if (c->name[c->field[C_NAMESIZE] - 1])
		return "a name has no end";
	*next = min(ALIGN_UP(data_end, 4), c->size);
	return NULL;
}

/* A file of several names has its contents with the last of them: the others are known by its number. */
static struct inode *find_link(const struct cpio *c)
{
	struct inode *inode;

	if (c->field[C_NLINK] < 2)
		return NULL;
	list_for_each_entry(inode, &super_inodes, i_sb_list)
		if (is_reg(inode) && inode->i_private == (void *)((uint64_t)c->field[C_INO] + 1))
			return inode;
	return NULL;
}

static void set_contents(struct inode *inode, const struct cpio *c)
{
	inode->i_size = c->field[C_FILESIZE];
	inode->i_backing = (void *)c->data;
	inode->i_backing_size = inode->i_size;
}

static struct inode *regular_inode(const struct cpio *c)
{
	struct inode *inode = find_link(c);

	if (inode) {
		inode->i_nlink++;
		igrab(inode);
	} else {
		inode = tmpfs_dir_inode_operations.mknod(NULL, LX_S_IFREG | (c->field[C_MODE] & 07777));
		if (IS_ERR(inode))
			return inode;
		inode->i_private = (void *)((uint64_t)c->field[C_INO] + 1);
	}
	if (c->field[C_FILESIZE])
		set_contents(inode, c);
	return inode;
}

static struct inode *symlink_inode(const struct cpio *c)
{
	static char target[PATH_MAX];
	uint64_t n = c->field[C_FILESIZE];

	if (n == 0 || n >= PATH_MAX)
		return ERR_PTR(-LX_EINVAL);
	memcpy(target, c->data, n);
	target[n] = '\0';
	return tmpfs_symlink(target, NULL);
}

/* A new inode for the entry; ERR_PTR(-LX_ENODEV): it is of a kind that is left out. */
static struct inode *entry_inode(const struct cpio *c)
{
	switch (c->field[C_MODE] & LX_S_IFMT) {
	case LX_S_IFDIR:
		return tmpfs_dir_inode_operations.mknod(NULL, LX_S_IFDIR | (c->field[C_MODE] & 07777));
	case LX_S_IFREG:
		return regular_inode(c);
	case LX_S_IFLNK:
		return symlink_inode(c);
	default:
		return ERR_PTR(-LX_ENODEV);	/* the tree has its devices */
	}
}

/* Whose it is, the archive says. */
static struct inode *owned_inode(const struct cpio *c)
{
	struct inode *inode = entry_inode(c);

	if (!IS_ERR(inode)) {
		inode->i_uid = c->field[C_UID];
		inode->i_gid = c->field[C_GID];
	}
	return inode;
}

/* The last component's name is free, or made free: what the archive names later wins, but for directories. 0 or -errno. */
static int make_room(struct last_name *last, const struct cpio *c)
{
	struct dentry *old = d_lookup(last->parent, last->name);
	struct inode *dir = last->parent->d_inode;

	if (!dir->i_op->mknod)
		return -LX_EPERM;
	if (!old)
		return 0;
	if (is_dir(old->d_inode)) {
		old->d_inode->i_mode = LX_S_IFDIR | (c->field[C_MODE] & 07777);
		dput(old);
		return -LX_EEXIST;
	}
	down_write(&dir->i_rwsem);
	remove_entry(old);
	up_write(&dir->i_rwsem);
	dput(old);
	return 0;
}

/* 0 or -errno. */
static int add_cpio_entry(struct cpio *c)
{
	struct last_name last;
	struct dentry *dentry;
	int error;

	c->path[0] = '/';
	strscpy(c->path + 1, c->name, sizeof(c->path) - 1);
	error = path_parent(LX_AT_FDCWD, c->path, &last);
	if (error)
		return error;
	if (last.type == LAST_NORM) {
		error = make_room(&last, c);
		dentry = error ? ERR_PTR(error) : add_entry(last.parent, last.name, owned_inode(c));
		error = IS_ERR(dentry) ? PTR_ERR(dentry) : 0;
		if (!error)
			dput(dentry);
	}
	dput(last.parent);
	return error == -LX_EEXIST || error == -LX_ENODEV ? 0 : error;
}

static void unpack(struct cpio *c)
{
	const char *wrong = NULL;
	uint64_t next;

	for (; c->at < c->size; c->at = next) {
		int error;

		wrong = read_entry(c, &next);
		if (wrong || !memcmp(c->name, TRAILER, min((size_t)c->field[C_NAMESIZE], sizeof(TRAILER))))
			break;
		error = add_cpio_entry(c);
		if (error)
			printk("initrd: %s: error %d, left out\n", c->path, -error);
	}
	if (wrong)
		printk("initrd: at byte %lu: %s; what follows is left out\n", c->at, wrong);
}

static void unpack_initrd(void)
{
	struct page *page;
	struct cpio *c;

	if (!lab.initrd_size)
		return;
	page = alloc_pages(GFP_KERNEL, 1);
	if (!page) {
		printk("initrd: no memory to unpack it\n");
		return;
	}
	c = __va(page_to_pfn(page) << PAGE_SHIFT);
	c->start = __va(lab.initrd_pa);
	c->size = lab.initrd_size;
	c->at = 0;
	unpack(c);
	__free_pages(page, 1);
}

void prepare_tree(void)
{
	tree_pending = false;
	unpack_initrd();
	/* The archive comes first: its names hide the folder's. */
	if (lab.root.wanted)
		host_mount();
}

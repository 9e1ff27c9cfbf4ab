/* SPDX-License-Identifier: MIT */
/*
 * The host's folder as "/" (--root): inodes whose contents the host is asked for when they are needed (struct lab_root). What was
 * read is the tree's own from then on, as in a tmpfs: pages stay in the cache, entries in the directory, and what is written is
 * written here alone. A directory whose names are not all known carries S_HOST; once they are, it is like any other.
 */
#include "fs.h"
#include "labdev.h"

/* One question about a node. In our VMM it is answered before the doorbell returns, elsewhere a little later. */
static int ask(enum lab_root_op op, uint64_t node)
{
	lab.root.node = node;
	lab.root.op = op;
	lab_doorbell(LAB_ROOT);
	while (lab.root.op != LAB_ROOT_NONE)
		cpu_relax();
	return lab.root.result;
}

static uint64_t node_of(const struct inode *inode) { return (uint64_t)inode->i_private; }

int host_read_page(uint64_t node, uint64_t size, uint64_t index, uint64_t pfn)
{
	lab.root.index = index;
	lab.root.pfn = pfn;
	lab.root.size = size;
	return ask(LAB_ROOT_READ, node);
}

/* --- inodes ------------------------------------------------------------------------------------------------------ */

static int host_get_link(struct inode *inode, char *buf)
{
	int error = ask(LAB_ROOT_READLINK, node_of(inode));

	if (!error)
		strscpy(buf, (const char *)lab.root.text, PATH_MAX);
	return error;
}

static const struct inode_operations host_symlink_operations __inode_ops = { .get_link = host_get_link };

static int denied_open(struct inode *inode, struct file *file)
{
	(void)inode, (void)file;
	return -LX_EACCES;
}

static const struct file_operations denied_operations __file_ops = { .open = denied_open };

/* What the host tells of, with a reference; or ERR_PTR. */
static struct inode *host_inode(const struct lab_root_node *node)
{
	bool link = (node->mode & LX_S_IFMT) == LX_S_IFLNK;
	struct inode *inode = link ? new_inode(LX_S_IFLNK | 0777) : tmpfs_dir_inode_operations.mknod(NULL, node->mode);

	if (!inode || IS_ERR(inode))
		return ERR_PTR(-LX_ENOMEM);
	inode->i_flags = S_HOST;
	inode->i_private = (void *)(uint64_t)node->node;
	inode->i_atime = inode->i_mtime = inode->i_ctime = node->mtime;
	inode->i_size = node->size;
	if (is_dir(inode))
		return inode;
	inode->i_nlink = 1;
	if (link)
		inode->i_op = &host_symlink_operations;
	else
		inode->i_backing_size = node->size;
	if (node->flags & LAB_ROOT_DENIED)
		inode->i_fop = &denied_operations;
	return inode;
}

/* --- directories ------------------------------------------------------------------------------------------------- */

/* As add_entry(), but nobody changed the directory: it was so all along, and its size is of all of them. */
static struct dentry *add_host_entry(struct dentry *parent, const char *name, const struct lab_root_node *node)
{
	struct inode *dir = parent->d_inode, *inode = host_inode(node);
	struct dentry *dentry;

	if (IS_ERR(inode))
		return ERR_PTR(PTR_ERR(inode));
	down_write(&dir->i_rwsem);
	dentry = d_add(parent, name, inode);
	if (dentry)
		dir->i_nlink += is_dir(inode);
	up_write(&dir->i_rwsem);
	if (dentry)
		return dentry;
	iput(inode);
	return ERR_PTR(-LX_ENOMEM);
}

struct dentry *host_lookup(struct dentry *parent, const char *name)
{
	int error;

	strscpy((char *)lab.root.text, name, LX_NAME_MAX + 1);
	error = ask(LAB_ROOT_LOOKUP, node_of(parent->d_inode));
	return error ? ERR_PTR(error) : add_host_entry(parent, name, &lab.root.answer);
}

/*
 * Is there an entry of that name? The host knows which names it has told; in "/" stand also those of the image and the initrd,
 * which it has not.
 */
static bool is_known(struct dentry *dir, const char *name, const struct lab_root_node *node)
{
	struct dentry *dentry = NULL;

	if (dir == &root_dentry || (node->flags & LAB_ROOT_ASKED))
		dentry = d_lookup(dir, name);
	if (dentry)
		dput(dentry);
	return dentry;
}

/* The n entries in lab.root.text. 0 or -errno. */
static int add_listed(struct dentry *dir, int n)
{
	uint64_t at = 0;

	for (int i = 0; i < n; i++) {
		const struct lab_root_node *node = (const void *)(lab.root.text + at);
		const char *name = (const char *)(node + 1);
		struct dentry *dentry;

		at += ALIGN_UP(sizeof(*node) + node->name_size, 8);
		if (is_known(dir, name, node))
			continue;
		dentry = add_host_entry(dir, name, node);
		if (IS_ERR(dentry))
			return PTR_ERR(dentry);
		dput(dentry);
	}
	return 0;
}

int host_complete(struct dentry *dir)
{
	struct inode *inode = dir->d_inode;
	uint64_t index = 0;
	int n, error;

	do {
		lab.root.index = index;
		n = ask(LAB_ROOT_LIST, node_of(inode));
		error = n < 0 ? n : add_listed(dir, n);
		if (error)
			return error;
		index += n;
	} while (n);
	inode->i_flags &= ~S_HOST;
	inode->i_private = NULL;
	return 0;
}

void host_mount(void)
{
	root_dentry.d_inode->i_flags |= S_HOST;
	root_dentry.d_inode->i_private = (void *)(uint64_t)LAB_ROOT_NODE;
}

/* SPDX-License-Identifier: MIT */
/*
 * See guest_root.h. The guest may ask anything. It knows nodes by number, and a node is a name in the directory of another: to get
 * at one, each directory on the way is opened by one name without '/', not "..", and never through a symbolic link. So nothing outside
 * of the folder can be reached, whatever the guest asks and whatever links lie in it; no path of the guest's is ever given to the host's
 * kernel. (openat2() with RESOLVE_BENEATH would do as much, where there is one and no sandbox forbids it.) What was told of a
 * name once stays so for the run, that it is not there included: the guest may have made a file of that name since.
 */
#include "target/guest_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "machine/ram.h"
#include "observe/addr_map.h"
#include "observe/view.h"
#include "uapi.h"

#define MAX_NODES   (1u << 22) /* names that a run may ask for */
#define MAX_DEPTH   512
#define NR_BUCKETS  (1u << 16)
#define NR_OPEN	    64 /* descriptors kept for the next question */
#define ENTRY_ALIGN 8

struct node {
	uint32_t parent, next; /* next: of the same bucket; 0: none */
	uint32_t depth;
	bool asked; /* the guest was told of it */
	dev_t dev;
	char *name;
	struct lab_root_node told; /* mode 0: it is not there */
};

struct listing {
	uint32_t node; /* of which directory; 0: none */
	char **names;
	uint32_t n, capacity;
};

struct guest_root {
	int fd;
	struct node *nodes; /* [0] is not used */
	uint32_t nr, capacity;
	uint32_t buckets[NR_BUCKETS];
	struct {
		uint32_t node;
		int fd;
	} open[NR_OPEN];
	struct listing listing;
	struct addr_map given; /* (node, page) -> hash of what the guest got */
};

/* --- nodes ---------------------------------------------------------------------------------------- */

static uint32_t *bucket_of(struct guest_root *r, uint32_t parent, const char *name)
{
	uint32_t hash = 2166136261u ^ parent;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return &r->buckets[(hash ^ hash >> 16) % NR_BUCKETS];
}

static char *copy_of(const char *name)
{
	size_t size = strlen(name) + 1;

	return memcpy(xmalloc(size), name, size);
}

/* A new node, or 0. */
static uint32_t add_node(struct guest_root *r, uint32_t parent, const char *name)
{
	uint32_t *bucket = bucket_of(r, parent, name), id = r->nr;

	if (id >= MAX_NODES)
		return 0;
	if (id == r->capacity) {
		r->capacity *= 2;
		r->nodes = xrealloc(r->nodes, r->capacity * sizeof(*r->nodes));
	}
	r->nodes[id] = (struct node){.parent = parent, .next = *bucket, .name = copy_of(name), .told = {.node = id}};
	r->nodes[id].depth = parent ? r->nodes[parent].depth + 1 : 0;
	*bucket = id;
	r->nr++;
	return id;
}

static uint32_t find_node(struct guest_root *r, uint32_t parent, const char *name)
{
	uint32_t id = *bucket_of(r, parent, name);

	while (id && (r->nodes[id].parent != parent || strcmp(r->nodes[id].name, name) != 0))
		id = r->nodes[id].next;
	return id;
}

static bool is_kind(const struct guest_root *r, uint32_t id, mode_t kind)
{
	return id > 0 && id < r->nr && (r->nodes[id].told.mode & S_IFMT) == kind;
}

/* --- descriptors ---------------------------------------------------------------------------------- */

static int keep_open(struct guest_root *r, uint32_t id, int fd)
{
	if (r->open[id % NR_OPEN].node)
		close(r->open[id % NR_OPEN].fd);
	r->open[id % NR_OPEN].node = id;
	r->open[id % NR_OPEN].fd = fd;
	return fd;
}

/* A descriptor of a node, good until the next call: to find names in a directory, to read a file. -1 with errno. */
static int node_fd(struct guest_root *r, uint32_t id)
{
	const struct node *node = &r->nodes[id];
	bool dir = S_ISDIR(node->told.mode);
	int at, fd;

	if (id == LAB_ROOT_NODE)
		return r->fd;
	if (r->open[id % NR_OPEN].node == id)
		return r->open[id % NR_OPEN].fd;
	at = node_fd(r, node->parent);
	if (at < 0)
		return -1;
	/* It was a file when it was told of; if it is a pipe by now, nobody waits for its other end. */
	fd = openat(at, node->name, O_CLOEXEC | O_NOFOLLOW | (dir ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK | O_NOCTTY));
	return fd < 0 ? -1 : keep_open(r, id, fd);
}

/* --- what a name is ------------------------------------------------------------------------------- */

/* The errno of this host is Linux's. */
static int minus(int error)
{
	return error ? -error : -EIO;
}

/* The kernel's own trees: the guest has one, and their files do not have the size they tell. */
static bool is_made_up(int at, const char *name)
{
	int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	bool made_up = fd >= 0 && fstatfs(fd, &fs) == 0 && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);

	if (fd >= 0)
		close(fd);
	return made_up;
}

/* Look at it, once. at: of its directory. */
static void look(struct guest_root *r, uint32_t id, int at)
{
	struct node *node = &r->nodes[id];
	struct stat st;

	if (fstatat(at, node->name, &st, AT_SYMLINK_NOFOLLOW) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode)))
		return;
	if (st.st_dev != r->nodes[node->parent].dev && is_made_up(at, node->name))
		return;
	node->dev = st.st_dev;
	node->told.mode = st.st_mode;
	node->told.size = st.st_size;
	node->told.mtime = st.st_mtim.tv_sec > 0 ? st.st_mtim.tv_sec * 1000000000ull + st.st_mtim.tv_nsec : 0;
	if (S_ISREG(st.st_mode) && faccessat(at, node->name, R_OK, AT_EACCESS))
		node->told.flags = LAB_ROOT_DENIED;
}

/* The node of a name in a directory, looked at. 0 or -errno. */
static int resolve(struct guest_root *r, uint32_t dir, const char *name, uint32_t *id)
{
	int at;

	*id = find_node(r, dir, name);
	if (*id)
		return 0;
	if (r->nodes[dir].depth >= MAX_DEPTH)
		return -ENAMETOOLONG;
	at = node_fd(r, dir);
	if (at < 0)
		return minus(errno);
	/* That the directory may not be searched is its own answer, and no name's. */
	if (faccessat(at, ".", X_OK, AT_EACCESS))
		return minus(errno);
	*id = add_node(r, dir, name);
	if (!*id)
		return -ENOMEM;
	look(r, *id, at);
	return 0;
}

/* --- the questions -------------------------------------------------------------------------------- */

static int lookup(struct guest_root *r, uint32_t dir, struct lab_root *q)
{
	char name[LX_NAME_MAX + 1];
	uint32_t id;
	int error;

	memcpy(name, q->text, sizeof(name));
	if (!is_kind(r, dir, S_IFDIR))
		return -ENOTDIR;
	if (!memchr(name, 0, sizeof(name)) || !*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	error = resolve(r, dir, name, &id);
	if (error)
		return error;
	r->nodes[id].asked = true;
	q->answer = r->nodes[id].told;
	return r->nodes[id].told.mode ? 0 : -ENOENT;
}

static void forget_listing(struct listing *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		free(l->names[i]);
	l->n = 0;
	l->node = 0;
}

/* The guest shows the youngest entry first, so that the last comes first here. */
static int backwards(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* All names of a directory, in an order that does not depend on its file system. 0 or -errno. */
static int read_names(struct guest_root *r, uint32_t id)
{
	struct listing *l = &r->listing;
	int at = node_fd(r, id), fd = at < 0 ? -1 : openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	forget_listing(l);
	if (!dir)
		return minus(errno);
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (l->n == l->capacity) {
			l->capacity = l->capacity ? 2 * l->capacity : 64;
			l->names = xrealloc(l->names, l->capacity * sizeof(*l->names));
		}
		l->names[l->n++] = copy_of(entry->d_name);
	}
	closedir(dir);
	if (l->n)
		qsort(l->names, l->n, sizeof(*l->names), backwards);
	l->node = id;
	return 0;
}

/* Put a node behind `used` bytes of the answer; false: there is no room. */
static bool put_entry(struct guest_root *r, uint32_t id, struct lab_root *q, uint32_t *used)
{
	struct node *node = &r->nodes[id];
	struct lab_root_node told = node->told;
	uint32_t size;

	told.name_size = strlen(node->name) + 1;
	told.flags |= node->asked ? LAB_ROOT_ASKED : 0;
	size = (sizeof(told) + told.name_size + ENTRY_ALIGN - 1) / ENTRY_ALIGN * ENTRY_ALIGN;
	if (size > LAB_ROOT_TEXT - *used)
		return false;
	memcpy(q->text + *used, &told, sizeof(told));
	memcpy(q->text + *used + sizeof(told), node->name, told.name_size);
	*used += size;
	node->asked = true;
	return true;
}

/*
 * As many as have room from the index-th of those that are there; the guest counts what it is given. Names that come to nothing are
 * taken off the listing, so that its count is ours.
 */
static int list(struct guest_root *r, uint32_t dir, uint64_t index, struct lab_root *q)
{
	struct listing *l = &r->listing;
	uint32_t used = 0, id;
	int n = 0, error = 0;

	if (!is_kind(r, dir, S_IFDIR))
		return -ENOTDIR;
	if (index == 0 || l->node != dir)
		error = read_names(r, dir);
	while (!error && index + n < l->n) {
		char **name = &l->names[index + n];

		error = resolve(r, dir, *name, &id);
		if (!error && !r->nodes[id].told.mode) {
			free(*name);
			memmove(name, name + 1, (l->names + --l->n - name) * sizeof(*name));
			continue;
		}
		if (error || !put_entry(r, id, q, &used))
			break;
		n++;
	}
	return error ? error : n;
}

static int read_link(struct guest_root *r, uint32_t id, struct lab_root *q)
{
	char target[LAB_ROOT_TEXT];
	ssize_t n;
	int at;

	if (!is_kind(r, id, S_IFLNK))
		return -EINVAL;
	at = node_fd(r, r->nodes[id].parent);
	n = at < 0 ? -1 : readlinkat(at, r->nodes[id].name, target, sizeof(target));
	if (n <= 0)
		return minus(errno);
	if (n == sizeof(target))
		return -ENAMETOOLONG;
	target[n] = 0;
	memcpy(q->text, target, n + 1);
	return 0;
}

/* What cannot be had of a file that the guest was told it can read is an I/O error. */
static int read_page(struct guest_root *r, uint32_t id, uint64_t size, uint64_t index, uint8_t *to)
{
	uint64_t done = 0, want;
	ssize_t n = 0;
	int fd;

	if (!is_kind(r, id, S_IFREG))
		return -EINVAL;
	if (size > r->nodes[id].told.size)
		size = r->nodes[id].told.size;
	if (size <= index << PAGE_SHIFT)
		return -EINVAL;
	fd = node_fd(r, id);
	if (fd < 0)
		return -EIO;
	want = size - (index << PAGE_SHIFT);
	if (want > PAGE_SIZE)
		want = PAGE_SIZE;
	for (; done < want; done += n) {
		n = pread(fd, to + done, want - done, (index << PAGE_SHIFT) + done);
		if (n <= 0)
			break;
	}
	if (n < 0)
		return -EIO;
	memset(to + done, 0, PAGE_SIZE - done);
	addr_map_set(&r->given, (uint64_t)id << 32 | index, (uint32_t)view_hash(to));
	return 0;
}

int guest_root_answer(struct guest_root *r, struct lab_root *q, uint8_t *ram, uint64_t ram_size, struct error *e)
{
	const volatile struct lab_root *asked = q;
	uint32_t op = asked->op, node = asked->node;
	uint64_t index = asked->index, pfn = asked->pfn, size = asked->size;
	int result;

	switch (op) {
	case LAB_ROOT_LOOKUP:
		result = lookup(r, node, q);
		break;
	case LAB_ROOT_LIST:
		result = list(r, node, index, q);
		break;
	case LAB_ROOT_READLINK:
		result = read_link(r, node, q);
		break;
	case LAB_ROOT_READ:
		/* The guest has no frames behind the hole, where nobody could write. */
		if (pfn < IMAGE_REGION >> PAGE_SHIFT || pfn >= ram_low_size(ram_size) >> PAGE_SHIFT || index > UINT32_MAX)
			return error_set(e, EXIT_GUEST_DIED, "the guest wants page %#lx of a file of --root in frame %#lx, which makes no sense",
					 index, pfn);
		result = read_page(r, node, size, index, ram + (pfn << PAGE_SHIFT));
		break;
	default:
		return error_set(e, EXIT_GUEST_DIED, "the guest asks for %u of the folder of --root, which means nothing", op);
	}
	q->result = result;
	/* The guest may look at op at any time: the answer must be seen before it. */
	__atomic_store_n(&q->op, LAB_ROOT_NONE, __ATOMIC_RELEASE);
	return 0;
}

bool guest_root_given(const struct guest_root *r, uint64_t node, uint64_t index, uint32_t *hash)
{
	if (node >= r->nr || index > UINT32_MAX)
		return false;
	*hash = addr_map_get(&r->given, node << 32 | index);
	return *hash != ADDR_MAP_NONE;
}

/* --- from its beginning to its end ---------------------------------------------------------------- */

struct guest_root *guest_root_open(const char *dir, struct error *e)
{
	struct guest_root *r = xcalloc(1, sizeof(*r));
	struct stat st;

	r->fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st)) {
		error_set(e, EXIT_USAGE, "--root: cannot open the folder %s: %s", dir, strerror(errno));
		guest_root_close(r);
		return NULL;
	}
	r->capacity = 64;
	r->nodes = xcalloc(r->capacity, sizeof(*r->nodes));
	r->nr = LAB_ROOT_NODE;
	add_node(r, 0, "");
	r->nodes[LAB_ROOT_NODE].told.mode = st.st_mode;
	r->nodes[LAB_ROOT_NODE].dev = st.st_dev;
	return r;
}

void guest_root_close(struct guest_root *r)
{
	for (uint32_t i = 0; i < NR_OPEN; i++)
		if (r->open[i].node)
			close(r->open[i].fd);
	for (uint32_t i = LAB_ROOT_NODE; i < r->nr; i++)
		free(r->nodes[i].name);
	forget_listing(&r->listing);
	free(r->listing.names);
	free(r->nodes);
	addr_map_free(&r->given);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

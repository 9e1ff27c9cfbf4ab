/* SPDX-License-Identifier: MIT */
/* The folder of --root against a guest that asks for anything, and against a host that changes it meanwhile. */
#include "check.h"
#include "target/guest_root.h"
#include "x86.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(guest_root, .timeout = 60);

#define RAM_SIZE (8UL << 20)
#define FRAME	 600UL

static char dir[64];
static struct guest_root *root;
static struct lab_root q;
static uint8_t *ram;
static struct error e;

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static char *path_of(const char *name)
{
	static char path[2][128];
	static int turn;

	snprintf(path[turn ^= 1], sizeof(path[0]), "%s/%s", dir, name);
	return path[turn];
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/mmscope-root-XXXXXX");
	CHECK(mkdtemp(dir));
	CHECK(mkdir(path_of("d"), 0755) == 0 && mkdir(path_of("d/inner"), 0755) == 0);
	put("file", "contents");
	put("d/one", "1");
	put("d/two", "2");
	CHECK(symlink("/etc/passwd", path_of("out")) == 0 && mkfifo(path_of("pipe"), 0644) == 0);
	ram = malloc(RAM_SIZE);
	memset(ram, 0x55, RAM_SIZE);
	root = guest_root_open(dir, &e);
	CHECK(root);
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static void end(void)
{
	guest_root_close(root);
	free(ram);
	nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static int ask(enum lab_root_op op, uint32_t node)
{
	q.op = op;
	q.node = node;
	CHECK_EQ(guest_root_answer(root, &q, ram, RAM_SIZE, &e), 0);
	CHECK_EQ(q.op, LAB_ROOT_NONE);
	return q.result;
}

static int lookup(uint32_t node, const char *name)
{
	memset(q.text, 0, sizeof(q.text));
	snprintf((char *)q.text, sizeof(q.text), "%s", name);
	return ask(LAB_ROOT_LOOKUP, node);
}

static uint32_t node_of(uint32_t dir_node, const char *name)
{
	CHECK_EQ(lookup(dir_node, name), 0);
	return q.answer.node;
}

static int read_page(uint32_t node, uint64_t size, uint64_t index)
{
	q.index = index;
	q.size = size;
	q.pfn = FRAME;
	return ask(LAB_ROOT_READ, node);
}

Test(guest_root, what_it_is_for)
{
	uint32_t file, hash;

	begin();
	file = node_of(LAB_ROOT_NODE, "file");
	CHECK_EQ(q.answer.size, 8);
	CHECK(S_ISREG(q.answer.mode));
	CHECK_EQ(node_of(LAB_ROOT_NODE, "file"), file);
	CHECK(!guest_root_given(root, file, 0, &hash));
	CHECK_EQ(read_page(file, 8, 0), 0);
	CHECK(memcmp(ram + FRAME * PAGE_SIZE, "contents\0\0", 10) == 0 && ram[FRAME * PAGE_SIZE + PAGE_SIZE - 1] == 0);
	CHECK_EQ(ram[FRAME * PAGE_SIZE + PAGE_SIZE], 0x55);
	CHECK(guest_root_given(root, file, 0, &hash));
	/* The guest has cut it meanwhile. */
	CHECK_EQ(read_page(file, 3, 0), 0);
	CHECK(memcmp(ram + FRAME * PAGE_SIZE, "con\0\0\0\0\0", 8) == 0);
	CHECK_EQ(ask(LAB_ROOT_READLINK, node_of(LAB_ROOT_NODE, "out")), 0);
	CHECK_STR((char *)q.text, "/etc/passwd");
	end();
}

Test(guest_root, names_that_lead_nowhere)
{
	static const char *const names[] = {"", ".", "..", "d/one", "/", "/etc"};
	char longest[256];

	begin();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_THAT(lookup(LAB_ROOT_NODE, names[i]) == -EINVAL, "\"%s\"", names[i]);
	memset(q.text, 'x', sizeof(q.text));
	CHECK_EQ(ask(LAB_ROOT_LOOKUP, LAB_ROOT_NODE), -EINVAL);
	memset(longest, 'x', 255);
	longest[255] = 0;
	CHECK_EQ(lookup(LAB_ROOT_NODE, longest), -ENOENT);
	CHECK_EQ(lookup(LAB_ROOT_NODE, "none"), -ENOENT);
	/* A pipe is nothing that the guest could have. */
	CHECK_EQ(lookup(LAB_ROOT_NODE, "pipe"), -ENOENT);
	end();
}

Test(guest_root, numbers_that_are_none)
{
	static const uint32_t nodes[] = {0, 2, 77, 1u << 31, UINT32_MAX};

	begin();
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		CHECK_EQ(lookup(nodes[i], "file"), -ENOTDIR);
		CHECK_EQ(ask(LAB_ROOT_LIST, nodes[i]), -ENOTDIR);
		CHECK_EQ(ask(LAB_ROOT_READLINK, nodes[i]), -EINVAL);
		CHECK_EQ(read_page(nodes[i], 8, 0), -EINVAL);
	}
	CHECK_EQ(read_page(LAB_ROOT_NODE, 8, 0), -EINVAL);
	CHECK_EQ(lookup(node_of(LAB_ROOT_NODE, "file"), "x"), -ENOTDIR);
	CHECK_EQ(lookup(node_of(LAB_ROOT_NODE, "out"), "x"), -ENOTDIR);
	CHECK_EQ(read_page(node_of(LAB_ROOT_NODE, "out"), 8, 0), -EINVAL);
	end();
}

Test(guest_root, pages_that_are_none)
{
	static const uint64_t frames[] = {0, 1, (IMAGE_REGION >> PAGE_SHIFT) - 1, RAM_SIZE >> PAGE_SHIFT, 1UL << 40, UINT64_MAX,
					  UINT64_MAX >> PAGE_SHIFT};
	uint32_t file;

	begin();
	file = node_of(LAB_ROOT_NODE, "file");
	CHECK_EQ(read_page(file, 8, 1), -EINVAL);
	CHECK_EQ(read_page(file, UINT64_MAX, 1), -EINVAL);
	CHECK_EQ(read_page(file, 0, 0), -EINVAL);
	CHECK_EQ(read_page(file, UINT64_MAX, UINT32_MAX), -EINVAL);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		q = (struct lab_root){.op = LAB_ROOT_READ, .node = file, .size = 8, .pfn = frames[i]};
		CHECK_THAT(guest_root_answer(root, &q, ram, RAM_SIZE, &e) == -1, "frame %#lx", frames[i]);
		CHECK_EQ(e.status, EXIT_GUEST_DIED);
	}
	q = (struct lab_root){.op = 99};
	CHECK_EQ(guest_root_answer(root, &q, ram, RAM_SIZE, &e), -1);
	end();
}

/* Between two questions a directory becomes a link to elsewhere, and a file a pipe. */
Test(guest_root, a_host_that_changes)
{
	uint32_t inner, file;

	begin();
	inner = node_of(node_of(LAB_ROOT_NODE, "d"), "inner");
	file = node_of(LAB_ROOT_NODE, "file");
	guest_root_close(root);
	root = guest_root_open(dir, &e); /* no descriptor is open yet */
	CHECK_EQ(node_of(node_of(LAB_ROOT_NODE, "d"), "inner"), inner);
	CHECK(rmdir(path_of("d/inner")) == 0 && symlink("/etc", path_of("d/inner")) == 0);
	CHECK_EQ(lookup(inner, "passwd"), -ENOTDIR);
	CHECK_EQ(ask(LAB_ROOT_LIST, inner), -ENOTDIR);
	file = node_of(LAB_ROOT_NODE, "file");
	CHECK(unlink(path_of("file")) == 0 && mkfifo(path_of("file"), 0644) == 0);
	CHECK_EQ(read_page(file, 8, 0), -EIO);
	/* What was not there is not there, and what was told stays. */
	CHECK_EQ(lookup(LAB_ROOT_NODE, "new"), -ENOENT);
	put("new", "new");
	CHECK_EQ(lookup(LAB_ROOT_NODE, "new"), -ENOENT);
	CHECK_EQ(node_of(LAB_ROOT_NODE, "file"), file);
	end();
}

/* The names of a listing, of all its parts. */
static unsigned int list_all(uint32_t node, char *names, unsigned int *asked)
{
	unsigned int n = 0;

	*asked = 0;
	for (q.index = 0;; q.index = n) {
		const uint8_t *at = q.text;
		int part = ask(LAB_ROOT_LIST, node);

		CHECK(part >= 0);
		for (int i = 0; i < part; i++) {
			const struct lab_root_node *entry = (const void *)at;

			*asked += !!(entry->flags & LAB_ROOT_ASKED);
			CHECK_EQ(strlen((const char *)(entry + 1)) + 1, entry->name_size);
			if (names)
				strcat(strcat(names, " "), (const char *)(entry + 1));
			at += (sizeof(*entry) + entry->name_size + 7) / 8 * 8;
		}
		CHECK(at <= q.text + sizeof(q.text));
		n += part;
		if (!part)
			return n;
	}
}

Test(guest_root, directories)
{
	char names[256] = "", name[64];
	unsigned int asked;

	begin();
	node_of(node_of(LAB_ROOT_NODE, "d"), "two");
	CHECK_EQ(list_all(node_of(LAB_ROOT_NODE, "d"), names, &asked), 3);
	CHECK_STR(names, " two one inner");
	CHECK_EQ(asked, 1);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "d/inner/a file of many, %d", i);
		put(name, "");
	}
	CHECK_EQ(list_all(node_of(node_of(LAB_ROOT_NODE, "d"), "inner"), NULL, &asked), 3000);
	CHECK_EQ(asked, 0);
	/* The pipe is left out. */
	CHECK_EQ(list_all(LAB_ROOT_NODE, NULL, &asked), 3);
	end();
}

Test(guest_root, no_folder)
{
	CHECK(!guest_root_open("/nowhere/at/all", &e));
	CHECK_EQ(e.status, EXIT_USAGE);
	CHECK(!guest_root_open("/etc/passwd", &e));
	CHECK_EQ(e.status, EXIT_USAGE);
}

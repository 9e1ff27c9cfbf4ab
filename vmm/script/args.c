/* SPDX-License-Identifier: MIT */
/* Words of the language for the numbers of the Linux ABI: rights, mmap flags, system calls, signals. */
#include <inttypes.h>
#include <string.h>

#include "script/api.h"
#include "uapi.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	uint64_t bits;
} map_flags[] = {
	{"shared_validate", LX_MAP_SHARED_VALIDATE},
	{"shared", LX_MAP_SHARED},
	{"private", LX_MAP_PRIVATE},
	{"anon", LX_MAP_ANONYMOUS},
	{"fixed", LX_MAP_FIXED},
	{"fixed_noreplace", LX_MAP_FIXED_NOREPLACE},
	{"32bit", LX_MAP_32BIT},
	{"growsdown", LX_MAP_GROWSDOWN},
	{"denywrite", LX_MAP_DENYWRITE},
	{"executable", LX_MAP_EXECUTABLE},
	{"locked", LX_MAP_LOCKED},
	{"noreserve", LX_MAP_NORESERVE},
	{"populate", LX_MAP_POPULATE},
	{"nonblock", LX_MAP_NONBLOCK},
	{"stack", LX_MAP_STACK},
	{"hugetlb", LX_MAP_HUGETLB},
	{"sync", LX_MAP_SYNC},
};

/* Those that bear on memory and tasks, whether the guest has them or answers ENOSYS. */
static const struct {
	const char *name;
	uint64_t nr;
} syscalls[] = {
	{"read", NR_read},
	{"write", NR_write},
	{"open", NR_open},
	{"close", NR_close},
	{"openat", NR_openat},
	{"creat", NR_creat},
	{"stat", NR_stat},
	{"lstat", NR_lstat},
	{"newfstatat", NR_newfstatat},
	{"access", NR_access},
	{"faccessat", NR_faccessat},
	{"mkdir", NR_mkdir},
	{"mkdirat", NR_mkdirat},
	{"rmdir", NR_rmdir},
	{"unlinkat", NR_unlinkat},
	{"link", NR_link},
	{"linkat", NR_linkat},
	{"symlink", NR_symlink},
	{"symlinkat", NR_symlinkat},
	{"readlink", NR_readlink},
	{"readlinkat", NR_readlinkat},
	{"rename", NR_rename},
	{"renameat", NR_renameat},
	{"renameat2", NR_renameat2},
	{"chmod", NR_chmod},
	{"fchmod", NR_fchmod},
	{"fchmodat", NR_fchmodat},
	{"umask", NR_umask},
	{"chdir", NR_chdir},
	{"fchdir", NR_fchdir},
	{"getcwd", NR_getcwd},
	{"getdents64", NR_getdents64},
	{"fcntl", NR_fcntl},
	{"fsync", NR_fsync},
	{"fdatasync", NR_fdatasync},
	{"truncate", NR_truncate},
	{"fallocate", NR_fallocate},
	{"dup3", NR_dup3},
	{"mmap", NR_mmap},
	{"mprotect", NR_mprotect},
	{"munmap", NR_munmap},
	{"brk", NR_brk},
	{"rt_sigaction", NR_rt_sigaction},
	{"rt_sigprocmask", NR_rt_sigprocmask},
	{"sched_yield", NR_sched_yield},
	{"mremap", NR_mremap},
	{"msync", NR_msync},
	{"mincore", NR_mincore},
	{"madvise", NR_madvise},
	{"pause", NR_pause},
	{"nanosleep", NR_nanosleep},
	{"getpid", NR_getpid},
	{"clone", NR_clone},
	{"fork", NR_fork},
	{"vfork", NR_vfork},
	{"execve", NR_execve},
	{"exit", NR_exit},
	{"wait4", NR_wait4},
	{"kill", NR_kill},
	{"uname", NR_uname},
	{"ftruncate", NR_ftruncate},
	{"getppid", NR_getppid},
	{"sigaltstack", NR_sigaltstack},
	{"mlock", NR_mlock},
	{"munlock", NR_munlock},
	{"mlockall", NR_mlockall},
	{"munlockall", NR_munlockall},
	{"arch_prctl", NR_arch_prctl},
	{"gettid", NR_gettid},
	{"futex", NR_futex},
	{"pread64", NR_pread64},
	{"pwrite64", NR_pwrite64}, {"readv", NR_readv}, {"writev", NR_writev},
	{"set_tid_address", NR_set_tid_address},
	{"exit_group", NR_exit_group},
	{"tgkill", NR_tgkill},
	{"mlock2", NR_mlock2},
	{"memfd_create", NR_memfd_create},
	{"remap_file_pages", NR_remap_file_pages},
	{"process_vm_readv", NR_process_vm_readv},
	{"userfaultfd", 323},
	{"lseek", NR_lseek},
	{"fstat", NR_fstat},
	{"pipe", NR_pipe},
	{"pipe2", NR_pipe2},
	{"dup", NR_dup},
	{"dup2", NR_dup2},
	{"shmget", NR_shmget},
	{"shmat", NR_shmat},
	{"shmctl", NR_shmctl},
	{"shmdt", NR_shmdt},
	{"unlink", NR_unlink},
	{"getrlimit", NR_getrlimit},
	{"setrlimit", NR_setrlimit},
	{"prlimit64", NR_prlimit64},
	{"prctl", 157},
	{"process_vm_writev", NR_process_vm_writev},
	{"rt_sigpending", NR_rt_sigpending},
	{"rt_sigsuspend", NR_rt_sigsuspend},
	{"tkill", NR_tkill},
	{"clock_gettime", NR_clock_gettime},
	{"clock_getres", NR_clock_getres},
	{"clock_nanosleep", NR_clock_nanosleep},
	{"gettimeofday", NR_gettimeofday},
	{"time", NR_time},
	{"restart_syscall", NR_restart_syscall},
	{"set_robust_list", NR_set_robust_list},
	{"get_robust_list", NR_get_robust_list},
};

/* --- rights --------------------------------------------------------------------------------------- */

uint64_t check_prot(lua_State *L, int index)
{
	const char *text;
	uint64_t prot = 0;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "prot must be text such as \"rw\" or \"none\", or a number, not a %s",
			   luaL_typename(L, index));
	text = lua_tostring(L, index);
	if (strcmp(text, "none") == 0)
		return 0;
	for (const char *p = text; *p; p++) {
		switch (*p) {
		case 'r':
			prot |= LX_PROT_READ;
			break;
		case 'w':
			prot |= LX_PROT_WRITE;
			break;
		case 'x':
			prot |= LX_PROT_EXEC;
			break;
		case '-':
			break;
		default:
			luaL_error(L, "prot \"%s\": letters are r, w, x, or \"none\" for no right at all",
				   text);
		}
	}
	return prot;
}

void put_prot_words(struct buf *b, uint64_t prot)
{
	if (prot & ~(uint64_t)(LX_PROT_READ | LX_PROT_WRITE | LX_PROT_EXEC))
		buf_printf(b, "%#" PRIx64, prot);
	else if (!prot)
		buf_puts(b, "none");
	else
		buf_printf(b, "%s%s%s", prot & LX_PROT_READ ? "r" : "", prot & LX_PROT_WRITE ? "w" : "",
			   prot & LX_PROT_EXEC ? "x" : "");
}

/* --- mmap flags ----------------------------------------------------------------------------------- */

static uint64_t map_flag(lua_State *L, const char *name, size_t n)
{
	struct buf known = {0};

	for (size_t i = 0; i < COUNT(map_flags); i++)
		if (strlen(map_flags[i].name) == n && memcmp(map_flags[i].name, name, n) == 0)
			return map_flags[i].bits;
	for (size_t i = 0; i < COUNT(map_flags); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", map_flags[i].name);
	lua_pushstring(L, buf_text(&known));
	buf_free(&known);
	lua_pushlstring(L, name, n);
	luaL_error(L, "unknown mmap flag \"%s\" (known: %s)", lua_tostring(L, -1), lua_tostring(L, -2));
	return 0;
}

uint64_t check_map_flags(lua_State *L, int index)
{
	const char *p;
	uint64_t flags = 0;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	if (lua_type(L, index) != LUA_TSTRING)
		luaL_error(L, "flags must be text such as \"private,anon\" or a number, not a %s",
			   luaL_typename(L, index));
	p = lua_tostring(L, index);
	while (*p) {
		size_t n = strcspn(p, ", ");

		if (n)
			flags |= map_flag(L, p, n);
		p += n + !!p[n];
	}
	return flags;
}

void put_map_flags(struct buf *b, uint64_t flags)
{
	const char *separator = "";

	for (size_t i = 0; i < COUNT(map_flags); i++) {
		uint64_t bits = map_flags[i].bits;
		bool type = bits & LX_MAP_TYPE;

		/* The type is a number of four bits, not a set: 3 is neither shared nor private. */
		if (type ? (flags & LX_MAP_TYPE) != bits : !(flags & bits))
			continue;
		buf_printf(b, "%s%s", separator, map_flags[i].name);
		separator = ",";
		flags &= ~bits;
	}
	if (flags)
		buf_printf(b, "%s%#" PRIx64, separator, flags);
	else if (!separator[0])
		buf_puts(b, "0");
}

/* --- system calls and signals --------------------------------------------------------------------- */

uint64_t check_syscall(lua_State *L, int index)
{
	const char *name;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	name = luaL_checkstring(L, index);
	for (size_t i = 0; i < COUNT(syscalls); i++)
		if (strcmp(syscalls[i].name, name) == 0)
			return syscalls[i].nr;
	luaL_error(L, "unknown system call \"%s\" (a number works for any)", name);
	return 0;
}

const char *syscall_name(uint64_t nr)
{
	for (size_t i = 0; i < COUNT(syscalls); i++)
		if (syscalls[i].nr == nr)
			return syscalls[i].name;
	return NULL;
}

int check_signal(lua_State *L, int index)
{
	const char *name;
	int signo;

	if (lua_isinteger(L, index))
		return lua_tointeger(L, index);
	name = luaL_checkstring(L, index);
	signo = signal_number(name);
	if (!signo)
		luaL_error(L, "unknown signal \"%s\"", name);
	return signo;
}

/* --- tables --------------------------------------------------------------------------------------- */

static void unknown_field(lua_State *L, const char *what, const char *field, const char *const *names)
{
	struct buf known = {0};

	for (const char *const *name = names; *name; name++)
		buf_printf(&known, "%s%s", name == names ? "" : ", ", *name);
	lua_pushstring(L, buf_text(&known));
	buf_free(&known);
	luaL_error(L, "%s: unknown field '%s' (known: %s)", what, field, lua_tostring(L, -1));
}

void check_fields(lua_State *L, int index, const char *what, const char *const *names)
{
	index = lua_absindex(L, index);
	if (lua_type(L, index) != LUA_TTABLE)
		luaL_error(L, "%s takes a table in braces, such as %s{…}, not a %s", what, what,
			   luaL_typename(L, index));
	for (lua_pushnil(L); lua_next(L, index);) {
		const char *const *name = names;

		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "%s takes named fields only", what);
		while (*name && strcmp(*name, lua_tostring(L, -1)) != 0)
			name++;
		if (!*name)
			unknown_field(L, what, lua_tostring(L, -1), names);
	}
}

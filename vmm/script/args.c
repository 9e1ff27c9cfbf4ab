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
	{"read", NR_read}, {"write", NR_write}, {"open", NR_open}, {"close", NR_close}, {"stat", NR_stat},
	{"fstat", NR_fstat}, {"lstat", NR_lstat}, {"poll", NR_poll}, {"lseek", NR_lseek}, {"mmap", NR_mmap},
	{"mprotect", NR_mprotect}, {"munmap", NR_munmap}, {"brk", NR_brk}, {"rt_sigaction", NR_rt_sigaction},
	{"rt_sigprocmask", NR_rt_sigprocmask}, {"rt_sigreturn", NR_rt_sigreturn}, {"ioctl", NR_ioctl},
	{"pread64", NR_pread64}, {"pwrite64", NR_pwrite64}, {"readv", NR_readv}, {"writev", NR_writev},
	{"access", NR_access}, {"pipe", NR_pipe}, {"select", NR_select}, {"sched_yield", NR_sched_yield},
	{"mremap", NR_mremap}, {"msync", NR_msync}, {"mincore", NR_mincore}, {"madvise", NR_madvise},
	{"shmget", NR_shmget}, {"shmat", NR_shmat}, {"shmctl", NR_shmctl}, {"dup", NR_dup}, {"dup2", NR_dup2},
	{"pause", NR_pause}, {"nanosleep", NR_nanosleep}, {"getitimer", NR_getitimer}, {"alarm", NR_alarm},
	{"setitimer", NR_setitimer}, {"getpid", NR_getpid}, {"sendfile", 40}, {"socket", 41}, {"socketpair", 53},
	{"clone", NR_clone}, {"fork", NR_fork}, {"vfork", NR_vfork}, {"execve", NR_execve}, {"exit", NR_exit},
	{"wait4", NR_wait4}, {"kill", NR_kill}, {"uname", NR_uname}, {"shmdt", NR_shmdt}, {"fcntl", NR_fcntl},
	{"flock", 73}, {"fsync", NR_fsync}, {"fdatasync", NR_fdatasync}, {"truncate", NR_truncate},
	{"ftruncate", NR_ftruncate}, {"getdents", NR_getdents}, {"getcwd", NR_getcwd}, {"chdir", NR_chdir},
	{"fchdir", NR_fchdir}, {"rename", NR_rename}, {"mkdir", NR_mkdir}, {"rmdir", NR_rmdir}, {"creat", NR_creat},
	{"link", NR_link}, {"unlink", NR_unlink}, {"symlink", NR_symlink}, {"readlink", NR_readlink},
	{"chmod", NR_chmod}, {"fchmod", NR_fchmod}, {"chown", NR_chown}, {"fchown", NR_fchown},
	{"lchown", NR_lchown}, {"umask", NR_umask}, {"gettimeofday", NR_gettimeofday}, {"getrlimit", NR_getrlimit},
	{"getrusage", NR_getrusage}, {"sysinfo", NR_sysinfo}, {"times", NR_times}, {"getuid", NR_getuid},
	{"getgid", NR_getgid}, {"setuid", NR_setuid}, {"setgid", NR_setgid}, {"geteuid", NR_geteuid},
	{"getegid", NR_getegid}, {"setpgid", NR_setpgid}, {"getppid", NR_getppid}, {"getpgrp", NR_getpgrp},
	{"setsid", NR_setsid}, {"setreuid", NR_setreuid}, {"setregid", NR_setregid}, {"getgroups", NR_getgroups},
	{"setgroups", NR_setgroups}, {"setresuid", NR_setresuid}, {"getresuid", NR_getresuid},
	{"setresgid", NR_setresgid}, {"getresgid", NR_getresgid}, {"getpgid", NR_getpgid}, {"setfsuid", NR_setfsuid},
	{"setfsgid", NR_setfsgid}, {"getsid", NR_getsid}, {"capget", NR_capget}, {"capset", NR_capset},
	{"rt_sigpending", NR_rt_sigpending}, {"rt_sigtimedwait", NR_rt_sigtimedwait},
	{"rt_sigqueueinfo", NR_rt_sigqueueinfo}, {"rt_sigsuspend", NR_rt_sigsuspend},
	{"sigaltstack", NR_sigaltstack}, {"utime", NR_utime}, {"mknod", NR_mknod}, {"personality", NR_personality},
	{"statfs", NR_statfs}, {"fstatfs", NR_fstatfs}, {"getpriority", NR_getpriority},
	{"setpriority", NR_setpriority}, {"sched_setparam", NR_sched_setparam},
	{"sched_getparam", NR_sched_getparam}, {"sched_setscheduler", NR_sched_setscheduler},
	{"sched_getscheduler", NR_sched_getscheduler}, {"sched_get_priority_max", NR_sched_get_priority_max},
	{"sched_get_priority_min", NR_sched_get_priority_min}, {"sched_rr_get_interval", NR_sched_rr_get_interval},
	{"mlock", NR_mlock}, {"munlock", NR_munlock}, {"mlockall", NR_mlockall}, {"munlockall", NR_munlockall},
	{"prctl", NR_prctl}, {"arch_prctl", NR_arch_prctl}, {"setrlimit", NR_setrlimit}, {"sync", NR_sync},
	{"gettid", NR_gettid}, {"readahead", NR_readahead}, {"setxattr", NR_setxattr}, {"lsetxattr", NR_lsetxattr},
	{"fsetxattr", NR_fsetxattr}, {"getxattr", NR_getxattr}, {"lgetxattr", NR_lgetxattr},
	{"fgetxattr", NR_fgetxattr}, {"listxattr", NR_listxattr}, {"llistxattr", NR_llistxattr},
	{"flistxattr", NR_flistxattr}, {"removexattr", NR_removexattr}, {"lremovexattr", NR_lremovexattr},
	{"fremovexattr", NR_fremovexattr}, {"tkill", NR_tkill}, {"time", NR_time}, {"futex", NR_futex},
	{"sched_setaffinity", NR_sched_setaffinity}, {"sched_getaffinity", NR_sched_getaffinity},
	{"remap_file_pages", NR_remap_file_pages}, {"getdents64", NR_getdents64},
	{"set_tid_address", NR_set_tid_address}, {"restart_syscall", NR_restart_syscall},
	{"fadvise64", NR_fadvise64}, {"clock_gettime", NR_clock_gettime}, {"clock_getres", NR_clock_getres},
	{"clock_nanosleep", NR_clock_nanosleep}, {"exit_group", NR_exit_group}, {"tgkill", NR_tgkill},
	{"utimes", NR_utimes}, {"waitid", NR_waitid}, {"openat", NR_openat}, {"mkdirat", NR_mkdirat},
	{"mknodat", NR_mknodat}, {"fchownat", NR_fchownat}, {"futimesat", NR_futimesat},
	{"newfstatat", NR_newfstatat}, {"unlinkat", NR_unlinkat}, {"renameat", NR_renameat}, {"linkat", NR_linkat},
	{"symlinkat", NR_symlinkat}, {"readlinkat", NR_readlinkat}, {"fchmodat", NR_fchmodat},
	{"faccessat", NR_faccessat}, {"pselect6", NR_pselect6}, {"ppoll", NR_ppoll},
	{"set_robust_list", NR_set_robust_list}, {"get_robust_list", NR_get_robust_list},
	{"sync_file_range", NR_sync_file_range}, {"utimensat", NR_utimensat}, {"eventfd", NR_eventfd},
	{"fallocate", NR_fallocate}, {"eventfd2", NR_eventfd2}, {"epoll_create1", 291}, {"dup3", NR_dup3},
	{"pipe2", NR_pipe2}, {"preadv", NR_preadv}, {"pwritev", NR_pwritev},
	{"rt_tgsigqueueinfo", NR_rt_tgsigqueueinfo}, {"prlimit64", NR_prlimit64}, {"syncfs", NR_syncfs},
	{"getcpu", NR_getcpu}, {"process_vm_readv", NR_process_vm_readv},
	{"process_vm_writev", NR_process_vm_writev}, {"kcmp", 312}, {"renameat2", NR_renameat2},
	{"getrandom", NR_getrandom}, {"memfd_create", NR_memfd_create}, {"userfaultfd", 323}, {"membarrier", 324},
	{"mlock2", NR_mlock2}, {"copy_file_range", 326}, {"preadv2", NR_preadv2}, {"pwritev2", NR_pwritev2},
	{"pkey_mprotect", NR_pkey_mprotect}, {"pkey_alloc", NR_pkey_alloc}, {"pkey_free", NR_pkey_free},
	{"statx", NR_statx}, {"rseq", 334}, {"pidfd_send_signal", NR_pidfd_send_signal},
	{"pidfd_open", NR_pidfd_open}, {"clone3", NR_clone3}, {"close_range", NR_close_range}, {"openat2", 437},
	{"pidfd_getfd", 438}, {"faccessat2", NR_faccessat2}, {"mseal", 462},
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

/* SPDX-License-Identifier: MIT */
/* Tables of names; see words.h. Numbers are those of Linux on x86-64. */
#include <string.h>

#include "lab.h"
#include "report/words.h"
#include "uapi.h"
#include "x86.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const char *const errnos[] = {
	[1] = "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
	"EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR",
	"EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS",
	"EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY",
	"ELOOP",
	[42] = "ENOMSG", "EIDRM",
	[61] = "ENODATA", "ETIME",
	[71] = "EPROTO", [74] = "EBADMSG", "EOVERFLOW",
	[80] = "ELIBBAD",
	[84] = "EILSEQ",
	[95] = "EOPNOTSUPP",
	[110] = "ETIMEDOUT",
	[125] = "ECANCELED",
	[130] = "EOWNERDEAD", "ENOTRECOVERABLE", "ERFKILL", "EHWPOISON",
};

static const char *const signals[] = {
	[1] = "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL",
	"SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT",
	"SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF",
	"SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
};
/* clang-format on */

static const struct {
	int signo, code;
	const char *name;
} codes[] = {
	{LX_SIGSEGV, 1, "SEGV_MAPERR"}, {LX_SIGSEGV, 2, "SEGV_ACCERR"}, {LX_SIGSEGV, 3, "SEGV_BNDERR"},
	{LX_SIGSEGV, 4, "SEGV_PKUERR"}, {LX_SIGBUS, 1, "BUS_ADRALN"},	{LX_SIGBUS, 2, "BUS_ADRERR"},
	{LX_SIGBUS, 3, "BUS_OBJERR"},	{LX_SIGBUS, 4, "BUS_MCEERR_AR"}, {LX_SIGBUS, 5, "BUS_MCEERR_AO"},	{LX_SIGILL, 1, "ILL_ILLOPC"},	{LX_SIGILL, 2, "ILL_ILLOPN"},
	{LX_SIGILL, 5, "ILL_PRVOPC"},	{LX_SIGFPE, 1, "FPE_INTDIV"},	{LX_SIGFPE, 2, "FPE_INTOVF"},
	{LX_SIGTRAP, 1, "TRAP_BRKPT"},	{LX_SIGTRAP, 2, "TRAP_TRACE"},
};

const char *errno_name(int error)
{
	return error > 0 && (size_t)error < COUNT(errnos) ? errnos[error] : NULL;
}

int errno_number(const char *name)
{
	for (size_t i = 1; i < COUNT(errnos); i++)
		if (errnos[i] && strcmp(errnos[i], name) == 0)
			return i;
	return 0;
}

const char *signal_name(int signo)
{
	return signo > 0 && (size_t)signo < COUNT(signals) ? signals[signo] : NULL;
}

int signal_number(const char *name)
{
	for (size_t i = 1; i < COUNT(signals); i++)
		if (strcmp(signals[i], name) == 0 || strcmp(signals[i] + 3, name) == 0)
			return i;
	return 0;
}

const char *signal_code_name(int signo, int code)
{
	if (code == LX_SI_USER)
		return "SI_USER";
	if (code == LX_SI_KERNEL)
		return "SI_KERNEL";
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i].signo == signo && codes[i].code == code)
			return codes[i].name;
	return NULL;
}

void put_signal(struct buf *b, int signo)
{
	if (signal_name(signo))
		buf_puts(b, signal_name(signo));
	else
		buf_printf(b, "signal %d", signo);
}

void put_wait_status(struct buf *b, int status)
{
	int signo = status & 0x7f;

	if (signo == 0) {
		buf_printf(b, "exited %d", status >> 8 & 0xff);
		return;
	}
	buf_puts(b, "killed by ");
	put_signal(b, signo);
	if (status & 0x80)
		buf_puts(b, ", core dumped");
}

/* Indexed by enum lab_fault. */
static const struct {
	const char *words, *id;
} faults[] = {
	[LAB_FAULT_NONE] = {"nothing to do", "none"},
	[LAB_FAULT_ZERO_READ] = {"zero page, read", "zero-read"},
	[LAB_FAULT_ANON] = {"anonymous, write", "anon"},
	[LAB_FAULT_COW_ZERO] = {"COW of the zero page", "cow-zero"},
	[LAB_FAULT_COW_COPY] = {"COW copy", "cow-copy"},
	[LAB_FAULT_COW_REUSE] = {"COW reuse", "cow-reuse"},
	[LAB_FAULT_FILE_READ] = {"file page", "file-read"},
	[LAB_FAULT_FILE_SHARED] = {"shared file page, write", "file-shared"},
	[LAB_FAULT_SHARED_REUSE] = {"shared page made writable", "shared-reuse"},
	[LAB_FAULT_FILE_COW] = {"file page, COW copy", "file-cow"},
	[LAB_FAULT_PFN] = {"device page", "device"},
	[LAB_FAULT_SPURIOUS] = {"spurious", "spurious"},
	[LAB_FAULT_STACK] = {"stack", "stack"},
	[LAB_FAULT_SEGV_MAPERR] = {"no area", "segv-maperr"},
	[LAB_FAULT_SEGV_ACCERR] = {"no right", "segv-accerr"},
	[LAB_FAULT_SIGBUS] = {"beyond the file", "sigbus"},
	[LAB_FAULT_OOM] = {"out of memory", "oom"},
	[LAB_FAULT_HWPOISON] = {"memory gone bad", "hwpoison"},
	[LAB_FAULT_FIXUP] = {"in a user copy of the kernel", "fixup"},
};

const char *fault_words(uint64_t how)
{
	how &= ~(uint64_t)LAB_FAULT_GREW;
	return how < COUNT(faults) ? faults[how].words : "of an unknown kind";
}

const char *fault_id(uint64_t how)
{
	how &= ~(uint64_t)LAB_FAULT_GREW;
	return how < COUNT(faults) ? faults[how].id : "unknown";
}

const char *oops_words(const struct lab_event *e)
{
	bool null = e->args[0] < PAGE_SIZE;

	if (e->args[2] == X86_TRAP_DE)
		return "it divided by zero";
	if (e->args[2] == X86_TRAP_UD)
		return "an invalid opcode";
	if (e->args[2] == X86_TRAP_GP)
		return "a general protection fault";
	if (e->args[2] != X86_TRAP_PF)
		return "an exception";
	if (e->args[1] & PF_I)
		return null ? "it jumped to NULL" : "it jumped to where nothing may be executed";
	if (e->args[1] & PF_W)
		return null ? "it wrote through a NULL pointer" : "it wrote where it may not";
	return null ? "it read through a NULL pointer" : "it read where nothing is mapped";
}

bool fault_maps(uint64_t how)
{
	how &= ~(uint64_t)LAB_FAULT_GREW;
	return how >= LAB_FAULT_ZERO_READ && how <= LAB_FAULT_STACK;
}

const char *task_state_name(uint32_t state)
{
	static const char *const names[] = {
		[TASK_RUNNING] = "running",
		[TASK_INTERRUPTIBLE] = "sleeping",
		[TASK_ZOMBIE] = "zombie",
		[TASK_DEAD] = "dead",
	};

	return state < COUNT(names) ? names[state] : "unknown";
}

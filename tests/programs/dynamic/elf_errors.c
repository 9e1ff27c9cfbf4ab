/* SPDX-License-Identifier: MIT */
/*
 * Programs that are none, or not quite: what execve() says of each, or how the process ends where it is too late to say anything.
 * Each file is an ELF header, program headers, code at 0x1e0 that exits with 42, and text at 0x1f0.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE 0x1e0
#define TEXT 0x1f0

/* mov edi, 42; mov eax, 60 (exit); syscall */
static const unsigned char code[] = {0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05};

static char dir[] = "/tmp/mmscope-elf-XXXXXX";
static unsigned char image[0x1000];
static size_t size;

static Elf64_Ehdr *head(void)
{
	return (Elf64_Ehdr *)image;
}

static Elf64_Phdr *segment(int i)
{
	return (Elf64_Phdr *)(image + sizeof(Elf64_Ehdr)) + i;
}

/* One segment with everything, at 0 or at 4 MiB. */
static void begin(int type)
{
	unsigned long base = type == ET_EXEC ? 0x400000 : 0;

	memset(image, 0, sizeof(image));
	*head() = (Elf64_Ehdr){.e_ident = ELFMAG "\2\1\1", .e_type = type, .e_machine = EM_X86_64, .e_version = 1,
			       .e_entry = base + CODE, .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			       .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1};
	*segment(0) = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = base, .p_filesz = 0x200, .p_memsz = 0x200,
				   .p_align = 0x1000};
	memcpy(image + CODE, code, sizeof(code));
	size = 0x200;
}

/* It asks for an interpreter of that name, with its end. */
static void ask_for(const char *name)
{
	head()->e_phnum = 2;
	*segment(1) = (Elf64_Phdr){.p_type = PT_INTERP, .p_flags = PF_R, .p_offset = TEXT, .p_filesz = strlen(name) + 1,
				   .p_memsz = strlen(name) + 1};
	strcpy((char *)image + TEXT, name);
	size = TEXT + strlen(name) + 1;
}

static void put(const char *name, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, image, size) != (ssize_t)size || fchmod(fd, mode) || close(fd))
		exit(99);
}

/* Run what stands in a file of this directory. */
static void try(const char *what, const char *name)
{
	char *argv[] = {(char *)name, NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv(name, argv);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s: killed by %d\n", what, WTERMSIG(status));
	else
		printf("%s: %s\n", what, WEXITSTATUS(status) == 42 ? "runs" : strerror(WEXITSTATUS(status)));
	fflush(stdout);
}

static void try_image(const char *what)
{
	put("p", 0700);
	try(what, "p");
}

static void headers(void)
{
	begin(ET_EXEC), try_image("a program");
	begin(ET_DYN), try_image("a program that may be anywhere");
	begin(ET_REL), try_image("an object file");
	begin(ET_CORE), try_image("a core");
	begin(ET_EXEC), image[1] = 'F', try_image("no magic");
	begin(ET_EXEC), head()->e_machine = EM_AARCH64, try_image("another processor");
	begin(ET_EXEC), image[EI_CLASS] = 1, image[EI_DATA] = 2, try_image("class and order are not looked at");
	begin(ET_EXEC), head()->e_phnum = 0, try_image("no program headers");
	begin(ET_EXEC), head()->e_phentsize = 32, try_image("headers of another size");
	begin(ET_EXEC), head()->e_phnum = 74, try_image("headers of more than a page");
	begin(ET_EXEC), head()->e_phoff = 0x1000, try_image("headers behind the end");
	begin(ET_EXEC), size = 40, try_image("half a header");
	begin(ET_EXEC), size = 0, try_image("nothing");
	begin(ET_EXEC), put("p", 0600), try("no right to run it", "p");
	begin(ET_EXEC), segment(0)->p_type = PT_NULL, try_image("no segment");
}

static void segments(void)
{
	begin(ET_EXEC), segment(0)->p_filesz = 0x201, try_image("more in the file than in memory");
	begin(ET_EXEC), segment(0)->p_offset = 0x10, try_image("offset and address do not match");
	begin(ET_EXEC), segment(0)->p_vaddr = 1UL << 47, try_image("beyond user space");
	begin(ET_DYN), segment(0)->p_memsz = 1UL << 47, try_image("larger than user space");
	begin(ET_EXEC), segment(0)->p_vaddr = 0, try_image("at address 0");
	begin(ET_EXEC), head()->e_entry = ~0UL, try_image("an entry point beyond user space");
	begin(ET_EXEC), segment(0)->p_memsz = 0x3000, try_image("bss behind code that cannot be written");
	begin(ET_EXEC), segment(0)->p_memsz = 0x3000, segment(0)->p_flags |= PF_W, try_image("bss behind code that can");
}

static void interpreters(void)
{
	begin(ET_DYN), put("ld", 0700), ask_for("ld"), try_image("an interpreter");
	begin(ET_EXEC), ask_for("ld"), try_image("with addresses of its own");
	begin(ET_DYN), ask_for("none"), try_image("there is none");
	begin(ET_DYN), ask_for("."), try_image("a directory");
	begin(ET_DYN), ask_for("ld"), image[TEXT + 2] = 'x', try_image("a path without an end");
	begin(ET_DYN), ask_for("ld"), segment(1)->p_filesz = 1, try_image("a path of no length");
	begin(ET_DYN), ask_for("ld"), segment(1)->p_filesz = 4097, try_image("a path that is too long");
	begin(ET_DYN), ask_for("ld"), size = TEXT + 1, try_image("a path behind the end");
	begin(ET_DYN), size = 20, put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("half an interpreter");
	begin(ET_DYN), image[0] = 0, put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("no magic in it");
	begin(ET_DYN), head()->e_phnum = 0, put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("no headers in it");
	begin(ET_REL), put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("an object file for one");
	begin(ET_DYN), put("ld", 0600), ask_for("ld"), try_image("no right to run it");
	begin(ET_DYN), segment(0)->p_type = PT_NULL, put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("no segment in it");
	begin(ET_DYN), segment(0)->p_memsz = 0x3000, put("ld", 0700), begin(ET_DYN), ask_for("ld"), try_image("its bss in a read-only page");
}

int main(void)
{
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	headers();
	segments();
	interpreters();
	if (unlink("p") || unlink("ld") || chdir("/") || rmdir(dir))
		return 1;
	return 0;
}

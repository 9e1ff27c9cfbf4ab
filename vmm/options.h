/* SPDX-License-Identifier: MIT */
/* The command line of `vmm [options] guest.bin [scenario.lua]`, read once into one plain structure. */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

#define MMSCOPE_VERSION		"0.1"
#define DEFAULT_MEM_SIZE	(64ULL << 20)
#define ROOT_MEM_SIZE		(512ULL << 20)	/* with --root: what is read of it stays in RAM */
#define DEFAULT_TIME_LIMIT	60.0
#define DEFAULT_SEED		1ULL

enum verify_when { VERIFY_STEP, VERIFY_END, VERIFY_OFF };
enum dump_what { DUMP_NONE, DUMP_CHANGES, DUMP_FULL };
enum dump_format { FORMAT_TEXT, FORMAT_JSON };

struct options {
	const char *machine;		/* --machine: "auto" (default), "kvm", "qemu"; for machine_choose */
	const char *target;		/* --target: "guest" (default), "linux", "linux-vm", "both" */
	const char *reference;		/* --reference: which Linux "both" compares with: "host" (default), "vm" */
	uint64_t mem_size;		/* --mem: bytes, page-aligned; 0: not given (the scenario's, or DEFAULT_MEM_SIZE) */
	unsigned int nr_cpus;		/* --cpus: 1 */
	enum verify_when verify;	/* --verify: step (default; with a program end), end, off */
	bool verify_twice;		/* --verify-twice: each verification again by the long way; they must agree */
	bool verify_given, time_limit_given;
	uint64_t seed;			/* --seed: of math.random; DEFAULT_SEED */
	enum dump_what dump;		/* --dump: changes (default) */
	bool raw;			/* --raw: dumps as they are, not canonical */
	enum dump_format format;	/* --format: text (default) */
	const char *out;		/* --out: directory for step-NNNN.*; NULL: none */
	double time_limit;		/* --time-limit: seconds without progress, of a program: in all; 0: none (a program's default) */
	bool tour;			/* --tour: the tour, even on a terminal */
	bool count_instructions;	/* --count-instructions: single-step from the PVH entry to ring 3 and tell */
	const char *cmdline;		/* --cmdline: for the guest, beyond the machine's own; "" */
	const char *initrd;		/* --initrd: path of a cpio for the guest's tree; NULL: none */
	const char *root;		/* --root: the folder that is the guest's "/"; NULL: none */
	const char *guest;		/* path of guest.bin */
	const char *scenario;		/* path of the scenario, or NULL: the prompt or the tour */
	char **prog;			/* what stands behind --: a program and its arguments, then NULL; NULL: nothing does */
	bool trace;			/* --trace: with a program, what its address space does goes to stderr */
	int argc;			/* the command line as given, for "repeat this with …" */
	char **argv;
};

/**
 * Read a command line. Strings of *o point into argv. 0, or -1 with *e (EXIT_USAGE: what is wrong
 * and a hint). Does not look at the files it names.
 */
int options_parse(struct options *o, int argc, char **argv, struct error *e);

/** A size such as "64M", "0x4000000", "4G" or "65536K" in bytes; false: malformed or too large for 64 bits. */
bool parse_size(const char *text, uint64_t *size);

/** A number without a sign, decimal, 0x or 0; false: malformed or too large for 64 bits. */
bool parse_number(const char *text, uint64_t *value);

/** The text of `vmm --help`. */
extern const char options_help[];

#endif

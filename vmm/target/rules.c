/* SPDX-License-Identifier: MIT */
/* The table of what may differ, and how often it did; see rules.h. */
#include <string.h>

#include "target/rules.h"

const struct rule rule_table[NR_RULES] = {
	[RULE_AUXV] = {.name = "auxv",
		       .reason = "The bytes of the page that holds the initial stack: Linux's auxiliary vector "
				 "tells the processor, random bytes and the vdso, the guest's is constant."},
	[RULE_IDENTITY] = {.name = "identity",
			   .reason = "What uname says of the machine: after the call Linux's task is given the "
				     "guest's bytes, so that all that follows compares."},
	[RULE_CLOCK] = {.name = "clock",
			.reason = "Times in the answers of stat and shmctl: the guest's clock is virtual, Linux's is not."},
	[RULE_INODE] = {.name = "inode",
			.reason = "Numbers of devices and inodes and the owners of device nodes in the answers of stat and "
				  "getdents, and the order of a directory's entries: each file system has its own."},
	[RULE_LOCKONFAULT] = {.name = "lockonfault",
			      .reason = "smaps of 6.1 has no word for VM_LOCKONFAULT (later ones write lf)."},
	[PROFILE_HEAP_NAME] = {.name = "heap_name",
			       .reason = "An area that only touches the heap's bounds is no [heap] any more.",
			       .profile = true,
			       .from = 606},
	[PROFILE_UNCHARGE] = {.name = "uncharge",
			      .reason = "mprotect() to read-only gives back the commit charge of anonymous memory "
					"that was never written.",
			      .profile = true,
			      .from = 602},
	[PROFILE_ANON_MERGE] = {.name = "anon_merge",
				.reason = "Anonymous areas merge in more cases (an anon_vma on one side only): areas "
					  "that could merge are compared as one.",
				.profile = true,
				.from = 607},
	[PROFILE_THP_PLACE] = {.name = "thp_place",
			       .reason = "Anonymous mappings of 2 MiB and more are placed at a multiple of 2 MiB: Linux "
					 "is given a hint that cannot be met, which leads to the older search.",
			       .profile = true,
			       .from = 607},
	[PROFILE_LOCKED_DRIFT] = {.name = "locked_drift",
				  .reason = "mremap() with DONTUNMAP of a locked area leaves VmLck above what the locked "
					    "areas of the same mm add up to: those are compared instead.",
				  .profile = true,
				  .from = 616},
	[PROFILE_MREMAP_REFUSED] = {.name = "mremap_refused",
				    .reason = "mremap() checks in another order and moves several areas at once: where 6.1 "
					      "refuses, Linux is asked for what 6.1 unmaps before, then for the same refusal.",
				    .profile = true,
				    .from = 617},
	[PROFILE_POPULATE] = {.name = "populate",
			      .reason = "MADV_POPULATE_* stops at the first hole: Linux is asked for it area by area, as 6.1 "
					"goes, and for the hole last.",
			      .profile = true,
			      .from = 609},
	[PROFILE_WRITE_FAULT] = {.name = "write_fault",
				 .reason = "write() makes a page of tmpfs before it finds that there is nothing to be read: "
					   "Linux is asked for as many bytes as the guest wrote.",
				 .profile = true,
				 .from = 615},
	[PROFILE_ERROR_ORDER] = {.name = "error_order",
				 .reason = "Of two reasons to fail another is told: readv() and writev() ask whether the file was "
					   "opened for it before they look at the pieces (6.8), mmap() of a pipe with PROT_EXEC "
					   "is EPERM before it is ENODEV (6.17).",
				 .profile = true,
				 .from = 608},
};

void rules_init(struct rules *rules, const char *release)
{
	unsigned int major = 0, minor = 0;

	memset(rules, 0, sizeof(*rules));
	sscanf(release, "%u.%u", &major, &minor);
	rules->kernel = major * 100 + minor;
}

bool rule_holds(const struct rules *rules, enum rule_id id)
{
	return !rule_table[id].profile || rules->kernel >= rule_table[id].from;
}

bool rule_excuses(struct rules *rules, enum rule_id id)
{
	if (!rule_holds(rules, id))
		return false;
	rules->applied[id]++;
	return true;
}

void rules_summary(const struct rules *rules, char *text, size_t size)
{
	size_t n = 0;

	*text = 0;
	if (rules->kernel > PROFILE_UP_TO)
		n += snprintf(text, size, "; newer than the profile, which knows Linux up to %d.%d", PROFILE_UP_TO / 100,
			      PROFILE_UP_TO % 100);
	for (int kind = 0; kind < 2; kind++) {
		const char *before = kind ? "; profile: " : "; rules: ";

		for (int id = 0; id < NR_RULES; id++) {
			if (!rules->applied[id] || rule_table[id].profile != kind || n >= size)
				continue;
			n += snprintf(text + n, size - n, "%s%s %llu", before, rule_table[id].name,
				      (unsigned long long)rules->applied[id]);
			before = ", ";
		}
	}
}

void rules_list(FILE *to)
{
	fputs("| name | kind | why |\n|---|---|---|\n", to);
	for (int id = 0; id < NR_RULES; id++) {
		const struct rule *rule = &rule_table[id];

		if (rule->profile)
			fprintf(to, "| `%s` | profile, from %u.%u | %s |\n", rule->name, rule->from / 100,
				rule->from % 100, rule->reason);
		else
			fprintf(to, "| `%s` | rule | %s |\n", rule->name, rule->reason);
	}
	fprintf(to, "\nThe profile knows Linux up to %d.%d.\n", PROFILE_UP_TO / 100, PROFILE_UP_TO % 100);
}

/* SPDX-License-Identifier: MIT */
/* What QEMU's monitor says, read from bytes: JSON found in place, registers out of text, a hostile or broken
 * peer. */
#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../vmm/machine/qemu_json.c"
#include "../../vmm/machine/qemu_qmp.c"
#include "../../vmm/machine/qemu_registers.c"

static struct json json_of(const char *text)
{
	return (struct json){text, strlen(text)};
}

static void member_is(const char *object, const char *key, const char *want)
{
	struct json got = json_member(json_of(object), key);

	if (!want) {
		cr_assert(!got.text, "%s in %s: found \"%.*s\", expected nothing", key, object, (int)got.size,
			  got.text);
		return;
	}
	cr_assert(got.text && got.size == strlen(want) && !memcmp(got.text, want, got.size),
		  "%s in %s: found \"%.*s\", expected \"%s\"", key, object, (int)got.size, got.text ?: "",
		  want);
}

Test(qemu_json, members_are_found_at_their_own_level_only)
{
	member_is("{\"a\":1,\"b\":2}", "b", "2");
	member_is(" { \"a\" : {\"b\":1} , \"b\" : [1,{\"b\":3}] } ", "b", "[1,{\"b\":3}] ");
	member_is("{\"x\":\"b\",\"y\":{\"b\":1}}", "b", NULL);
	member_is("{\"x\":\"}\\\",\\\"b\\\":1\",\"b\":7}", "b", "7");
	member_is("{}", "b", NULL);
	member_is("[1]", "b", NULL);
	member_is("{\"bb\":1}", "b", NULL);
}

Test(qemu_json, what_is_malformed_is_not_found)
{
	static const char *const broken[] = {"",
					     "{",
					     "{\"",
					     "{\"b",
					     "{\"b\"",
					     "{\"b\":",
					     "{\"b\":\"x",
					     "{\"b\":\"x\\",
					     "{\"b\":[[[",
					     "{b:1}",
					     "{\"a\" 1,\"b\":2}",
					     "{,\"b\":2}",
					     "\"b\"",
					     "{\"a\":\\"};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		member_is(broken[i], "b", NULL);
}

/* Every prefix of a real message, in a buffer of just its size, so that the sanitizer sees a step too far. */
Test(qemu_json, no_prefix_reads_past_its_end)
{
	static const char whole[] = "{\"timestamp\": {\"seconds\": 1}, \"event\": \"SHUT\\u0044OWN\\n\", "
				    "\"data\": {\"reason\": \"x\"}}";
	char text[16];

	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = memcpy(malloc(n ? n : 1), whole, n);

		json_member((struct json){copy, n}, "event");
		json_member((struct json){copy, n}, "none");
		for (size_t from = 0; from < n; from++)
			json_string((struct json){copy + from, n - from}, text, sizeof(text));
		free(copy);
	}
}

static void string_is(const char *value, size_t room, const char *want)
{
	char text[32];
	bool ok = json_string(json_of(value), text, room);

	cr_assert(ok == (want != NULL), "%s: %s", value,
		  ok ? "taken for a string" : "not taken for a string");
	if (want)
		cr_assert_str_eq(text, want, "%s: read \"%s\", expected \"%s\"", value, text, want);
}

Test(qemu_json, strings_are_decoded_and_cut_to_fit)
{
	string_is("\"a\\r\\n\\\"b\\\\\\/\\t\"", 32, "a\r\n\"b\\/\t");
	string_is("\"\\u0041\\u00e9\\u0000\"", 32, "A??");
	string_is("\"abcdef\"", 4, "abc");
	string_is("\"abcdef\"", 1, "");
	string_is("\"\"", 32, "");
	string_is("7", 32, NULL);
	string_is("\"open", 32, NULL);
	string_is("\"\\u00g0\"", 32, NULL);
	string_is("\"\\u00", 32, NULL);
	string_is("\"\\", 32, NULL);
}

/* As QEMU 7.2 prints them, in long mode … */
static const char long_mode[] =
	"\r\nCPU#0\r\n"
	"RAX=0000000000000051 RBX=0000000000000002 RCX=00000000000000c1 RDX=00000000000002f8\r\n"
	"RSI=0000000000000004 RDI=0000000000000005 RBP=ffff888000007f00 RSP=ffff888000007ef8\r\n"
	"R8 =0000000000000008 R9 =0000000000000009 R10=000000000000000a R11=000000000000000b\r\n"
	"R12=000000000000000c R13=000000000000000d R14=000000000000000e R15=000000000000000f\r\n"
	"RIP=ffffffff80101234 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=0\r\n"
	"ES =0000 0000000000000000 00000000 00000000\r\n"
	"CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\r\n"
	"SS =0018 0000000000000000 ffffffff 00cf9300 DPL=0 DS   [-WA]\r\n"
	"FS =0000 0000000000000123 00000000 00000000\r\n"
	"GS =0000 ffffffff80105000 00000000 00000000\r\n"
	"LDT=0000 0000000000000000 0000ffff 00008200 DPL=0 LDT\r\n"
	"GDT=     ffffffff80106000 0000004f\r\nIDT=     ffffffff80107000 00000fff\r\n"
	"CR0=80010033 CR2=00007ffff7ffc000 CR3=0000000000203000 CR4=000006a0\r\n"
	"DR0=0000000000000000\r\nCCS=0000000000000000 CCD=0000000000000000 "
	"CCO=EFLAGS\r\nEFER=0000000000000d01\r\n";

Test(qemu_registers, long_mode)
{
	struct cpu_state s;
	const char *missing;

	cr_assert(qemu_parse_registers(long_mode, &s, &missing), "missing: %s", missing);
	cr_assert_eq(s.rip, 0xffffffff80101234UL, "rip %lx", s.rip);
	cr_assert_eq(s.rsp, 0xffff888000007ef8UL, "rsp %lx", s.rsp);
	cr_assert_eq(s.cr0, 0x80010033UL, "cr0 %lx", s.cr0);
	cr_assert_eq(s.cr2, 0x7ffff7ffc000UL, "cr2 %lx", s.cr2);
	cr_assert_eq(s.cr3, 0x203000UL, "cr3 %lx", s.cr3);
	cr_assert_eq(s.cr4, 0x6a0UL, "cr4 %lx", s.cr4);
	cr_assert_eq(s.efer, 0xd01UL, "efer %lx", s.efer);
	cr_assert_eq(s.rflags, 0x246UL, "rflags %lx", s.rflags);
	cr_assert(s.cs == 0x10 && s.ss == 0x18, "cs %x ss %x", s.cs, s.ss);
	cr_assert_eq(s.fs_base, 0x123UL, "fs %lx", s.fs_base);
	cr_assert_eq(s.gs_base, 0xffffffff80105000UL, "gs %lx", s.gs_base);
	cr_assert_eq(s.gdt_base, 0xffffffff80106000UL, "gdt %lx", s.gdt_base);
	cr_assert_eq(s.idt_base, 0xffffffff80107000UL, "idt %lx", s.idt_base);
	cr_assert(s.gpr[0] == 0x51 && s.gpr[1] == 0xc1 && s.gpr[2] == 0x2f8 && s.gpr[3] == 2,
		  "rax rcx rdx rbx");
	for (int i = 8; i < 16; i++)
		cr_assert_eq(s.gpr[i], (uint64_t)i, "r%d is %lx", i, s.gpr[i]);
}

/* … and before it. */
Test(qemu_registers, protected_mode)
{
	struct cpu_state s;
	const char *missing;
	bool ok = qemu_parse_registers(
		"EAX=2badb051 EBX=00000000 ECX=1 EDX=2\r\nESI=0 EDI=0 EBP=6 ESP=00009000\r\n"
		"EIP=00101023 EFL=00000046 [---Z-P-]\r\nCS =0008 00000000 ffffffff 00cf9b00\r\n"
		"GDT=     ffffffc1 00000027\r\n"
		"CR0=00000011 CR2=00000000 CR3=00000000 CR4=00000000\r\nEFER=0000000000000000\r\n",
		&s, &missing);

	cr_assert(ok, "missing: %s", missing);
	cr_assert(s.rip == 0x101023 && s.rsp == 0x9000 && s.gpr[0] == 0x2badb051 && s.cs == 8 &&
			  s.gdt_base == 0xffffffc1,
		  "rip %lx rsp %lx rax %lx cs %x gdt %lx", s.rip, s.rsp, s.gpr[0], s.cs, s.gdt_base);
}

Test(qemu_registers, a_missing_register_is_named)
{
	static const char *const names[] = {"CR0", "CR2", "CR3", "CR4", "EFER", "RIP", "RSP"};
	struct cpu_state s;
	const char *missing;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = strdup(long_mode);

		*strstr(text, names[i]) = '?';
		cr_assert(!qemu_parse_registers(text, &s, &missing), "%s was not missed", names[i]);
		cr_assert_str_eq(missing, names[i], "missed %s instead of %s", missing, names[i]);
		free(text);
	}
	cr_assert(!qemu_parse_registers("", &s, &missing));
	cr_assert(!qemu_parse_registers("CR0=zz", &s, &missing));
}

/* A peer that has said `says` and, if asked to, hung up. */
static struct qmp *peer(const char *says, size_t size, bool hang_up)
{
	static struct qmp connection;
	struct qmp *qmp = &connection;
	int pair[2];

	cr_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	cr_assert_eq(send(pair[1], says, size, 0), (ssize_t)size);
	*qmp = (struct qmp){.fd = pair[0]};
	if (hang_up)
		close(pair[1]);
	return qmp;
}

Test(qemu_qmp, events_between_are_taken_in_and_the_answer_is_found)
{
	static const char says[] =
		"{\"event\": \"STOP\"}\r\n"
		"{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}\r\n"
		"garbage\r\n{\"return\": \"a\\r\\n\"}\r\n{\"event\": \"RESUME\"}\r\n";
	struct qmp *qmp = peer(says, strlen(says), /* hang_up = */ false);
	char text[16];
	struct error e;

	cr_assert(!qmp_monitor(qmp, 0, "info", text, sizeof(text), &e), "%s", e.text);
	cr_assert_str_eq(text, "a\r\n");
	cr_assert(qmp->shut_down);
	cr_assert_str_eq(qmp->shutdown_reason, "guest-reset");
}

Test(qemu_qmp, a_refusal_tells_its_reason)
{
	static const char says[] =
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"not \\\"now\\\"\"}}\r\n";
	struct qmp *qmp = peer(says, strlen(says), /* hang_up = */ false);
	struct error e;

	cr_assert(qmp_execute(qmp, "cont", &e));
	cr_assert(strstr(e.text, "not \"now\""), "%s", e.text);
	cr_assert_eq(e.status, EXIT_HOST);
}

Test(qemu_qmp, a_peer_that_hangs_up_is_noticed)
{
	struct qmp *qmp = peer("{\"return\"", 9, /* hang_up = */ true);
	struct error e;

	cr_assert(qmp_execute(qmp, "cont", &e));
	cr_assert(qmp->closed);
	cr_assert_eq(e.status, EXIT_HOST);
}

Test(qemu_qmp, a_line_without_end_does_not_overflow)
{
	size_t size = QMP_LINE_MAX + 1000;
	char *says = memset(malloc(size + 20), 'x', size);
	struct qmp *qmp;
	struct error e;

	memcpy(says + size, "\r\n{\"return\": {}}\r\n", 18);
	qmp = peer(says, size + 18, /* hang_up = */ false);
	cr_assert(!qmp_execute(qmp, "stop", &e), "%s", e.text);
	free(says);
}

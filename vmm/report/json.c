/* SPDX-License-Identifier: MIT */
/* JSON Lines; the format is docs/dump-format.md, and a change of meaning raises DUMP_SCHEMA. */
#include <inttypes.h>
#include <string.h>

#include "report/cpubits.h"
#include "report/json.h"
#include "report/render.h"
#include "report/segments.h"
#include "report/words.h"

static void member(struct buf *b, const char *name)
{
	char last = b->len ? b->text[b->len - 1] : '{';

	buf_printf(b, last == '{' || last == '[' ? "\"%s\":" : ",\"%s\":", name);
}

/* The comma before an element of an array. */
static void element(struct buf *b)
{
	if (b->len && b->text[b->len - 1] != '[')
		buf_puts(b, ",");
}

static void put_string(struct buf *b, const char *name, const char *value)
{
	member(b, name);
	if (value)
		buf_json_string(b, value);
	else
		buf_puts(b, "null");
}

static void put_hex(struct buf *b, const char *name, uint64_t value)
{
	member(b, name);
	buf_printf(b, "\"0x%" PRIx64 "\"", value);
}

static void put_number(struct buf *b, const char *name, int64_t value)
{
	member(b, name);
	buf_printf(b, "%" PRId64, value);
}

static void put_array(struct buf *b, const char *name)
{
	member(b, name);
	buf_puts(b, "[");
}

static void put_frame_name(struct buf *b, const char *name, bool raw, uint64_t pfn, uint32_t number)
{
	member(b, name);
	buf_puts(b, "\"");
	put_frame(b, raw, pfn, number);
	buf_puts(b, "\"");
}

static void put_mm_name(struct buf *b, const char *name, const struct picture *p, uint32_t id)
{
	const struct pic_mm *mm = id ? picture_mm(p, id) : NULL;

	put_string(b, name, mm ? mm->label : NULL);
}

void json_header(struct buf *b, const struct report_config *config, const struct report_header *header)
{
	buf_puts(b, "{");
	put_string(b, "type", "header");
	put_number(b, "schema", DUMP_SCHEMA);
	put_string(b, "tool", header->version);
	put_string(b, "form", config->raw ? "raw" : "canonical");
	put_number(b, "abi", header->abi_version);
	put_string(b, "scenario", header->scenario);
	put_string(b, "verify", config->verify);
	if (config->raw) {
		put_string(b, "machine", header->machine);
		put_hex(b, "ram", header->ram_size);
	}
	buf_puts(b, "}\n");
}

static void json_register(struct buf *b, const struct pic_cpu *cpu, const struct cpu_register *r, bool raw)
{
	uint64_t value = cpu_register_value(cpu, r);

	if (raw) {
		put_hex(b, r->name, value);
		return;
	}
	member(b, r->name);
	buf_puts(b, "{");
	for (unsigned int i = 0; i < r->nr_bits; i++)
		put_string(b, r->bits[i].name,
			   !cpu_bit_holds(&r->bits[i], value) ? "violated"
			   : r->bits[i].required	      ? "required"
							      : "forbidden");
	buf_puts(b, "}");
}

static void json_cpus(struct buf *b, const struct picture *p)
{
	put_array(b, "cpus");
	for (uint32_t i = 0; i < p->nr_cpus; i++) {
		const struct pic_cpu *cpu = &p->cpus[i];

		element(b);
		buf_puts(b, "{");
		for (unsigned int r = 0; r < nr_cpu_registers; r++)
			json_register(b, cpu, &cpu_registers[r], p->raw);
		if (p->raw) {
			put_hex(b, "cr2", cpu->cr2);
			put_hex(b, "cr3", cpu->cr3);
		}
		put_string(b, "cr3_of",
			   cpu->init_mm			       ? "init_mm"
			   : cpu->mm && picture_mm(p, cpu->mm) ? picture_mm(p, cpu->mm)->label
							       : NULL);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_tasks(struct buf *b, const struct picture *p)
{
	put_array(b, "tasks");
	for (uint32_t i = 0; i < p->nr_tasks; i++) {
		const struct pic_task *task = &p->tasks[i];

		element(b);
		buf_puts(b, "{");
		put_number(b, "pid", task->pid);
		put_number(b, "tgid", task->tgid);
		put_number(b, "parent", task->parent);
		put_string(b, "name", task->name);
		put_string(b, "state", task_state_name(task->state));
		put_mm_name(b, "mm", p, task->mm);
		put_mm_name(b, "active_mm", p, task->active_mm);
		if (task->state == TASK_ZOMBIE)
			put_number(b, "wait_status", task->exit_code);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_areas(struct buf *b, const struct pic_mm *mm)
{
	put_array(b, "areas");
	for (uint32_t i = 0; i < mm->nr_areas; i++) {
		const struct pic_area *area = &mm->areas[i];

		element(b);
		buf_puts(b, "{");
		put_hex(b, "start", area->start);
		put_hex(b, "end", area->end);
		member(b, "prot");
		buf_puts(b, "\"");
		put_prot(b, area->flags);
		buf_puts(b, "\"");
		put_array(b, "flags");
		put_vm_flags(b, area->flags, ",", /* quoted = */ true);
		buf_puts(b, "]");
		put_hex(b, "pgoff", area->pgoff);
		put_string(b, "name", area->name);
		put_number(b, "present", area->present);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_rights(struct buf *b, uint16_t bits)
{
	member(b, "rights");
	buf_puts(b, "\"");
	put_rights(b, bits);
	buf_puts(b, "\"");
}

static void json_pages(struct buf *b, const struct picture *p, const struct pic_mm *mm)
{
	put_array(b, "pages");
	for (uint32_t i = 0, n; i < mm->nr_pages; i += n) {
		const struct pic_page *first = &mm->pages[i];

		for (n = 1; i + n < mm->nr_pages && page_follows(p->raw, first, n, &mm->pages[i + n]);)
			n++;
		element(b);
		buf_puts(b, "{");
		put_hex(b, "va", first->va);
		put_number(b, "n", n);
		put_number(b, "level", first->level);
		if (first->bits & PB_ZERO)
			put_string(b, "frame", "zero");
		else
			put_frame_name(b, "frame", p->raw, first->pfn, first->name);
		json_rights(b, first->bits);
		if (p->raw)
			put_hex(b, "entry", first->entry);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_tables(struct buf *b, const struct picture *p, const struct pic_mm *mm)
{
	put_array(b, "tables");
	for (uint32_t i = 0; i < mm->nr_tables; i++) {
		const struct pic_table *table = &mm->tables[i];

		element(b);
		buf_puts(b, "{");
		put_frame_name(b, "frame", p->raw, table->pfn, table->name);
		put_string(b, "kind", level_name(p->la57, table->level));
		put_hex(b, "va", table->va);
		if (p->raw)
			put_number(b, "entries", table->present);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_mms(struct buf *b, const struct picture *p)
{
	put_array(b, "mms");
	for (uint32_t i = 0; i < p->nr_mms; i++) {
		const struct pic_mm *mm = &p->mms[i];

		element(b);
		buf_puts(b, "{");
		put_number(b, "id", mm->id);
		put_string(b, "name", mm->label);
		put_number(b, "mm_users", mm->users);
		put_number(b, "mm_count", mm->count);
		put_frame_name(b, "pgd", p->raw, mm->pgd_pfn, mm->nr_tables ? mm->tables[0].name : 0);
		put_hex(b, "start_brk", mm->start_brk);
		put_hex(b, "brk", mm->brk);
		put_hex(b, "start_stack", mm->start_stack);
		put_hex(b, "mmap_base", mm->mmap_base);
		member(b, "counters");
		buf_puts(b, "{");
		for (unsigned int row = 0; row < nr_counter_rows; row++)
			put_number(b, counter_rows[row].name, counter_value(&mm->counters, row));
		buf_puts(b, "}");
		json_areas(b, mm);
		json_pages(b, p, mm);
		json_tables(b, p, mm);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_frames(struct buf *b, const struct picture *p)
{
	put_array(b, "frames");
	for (uint32_t i = 0; i < p->nr_frames; i++) {
		const struct pic_frame *frame = &p->frames[i];

		element(b);
		buf_puts(b, "{");
		put_frame_name(b, "frame", p->raw, frame->pfn, frame->name);
		put_string(b, "role", frame_role_name(frame->role));
		if (frame->role != FRAME_DEVICE)
			put_number(b, "ref", frame->ref);
		if (frame_has_counts(frame)) {
			put_number(b, "map", frame->map);
			put_number(b, "maps_found", frame->maps_found);
		}
		put_array(b, "mms");
		for (unsigned int o = 0; o < frame->nr_owners; o++) {
			const struct pic_mm *mm = picture_mm(p, frame->owners[o]);

			element(b);
			buf_json_string(b, mm ? mm->label : "?");
		}
		buf_puts(b, "]}");
	}
	buf_puts(b, "]");
	if (!p->raw)
		return;
	member(b, "roles");
	buf_puts(b, "{");
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		put_number(b, frame_role_name(role), p->role_count[role]);
	buf_puts(b, "}");
}

static void json_segments(struct buf *b, const struct picture *p)
{
	if (!p->nr_segments)
		return;
	put_array(b, "segments");
	for (uint32_t i = 0; i < p->nr_segments; i++) {
		const struct pic_segment *segment = &p->segments[i];

		element(b);
		buf_puts(b, "{");
		put_number(b, "id", segment->id);
		put_hex(b, "key", segment->key);
		put_hex(b, "mode", segment->mode);
		put_number(b, "size", segment->size);
		put_number(b, "pages", segment->pages);
		put_number(b, "attached", segment->attached);
		put_number(b, "areas", segment->areas);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static const char *event_type(uint16_t type)
{
	static const char *const names[] = {
		[LAB_EV_NONE] = "none", [LAB_EV_FAULT] = "fault", [LAB_EV_SIGNAL] = "signal",
		[LAB_EV_EXIT] = "exit", [LAB_EV_FORK] = "fork",	  [LAB_EV_NOSYS] = "nosys",
		[LAB_EV_EXEC] = "exec", [LAB_EV_OOM] = "oom",	  [LAB_EV_CORE] = "core",
		[LAB_EV_OOPS] = "oops", [LAB_EV_MEMORY] = "memory",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

static void json_event_fields(struct buf *b, const struct lab_event *e)
{
	const char *code;

	switch (e->type) {
	case LAB_EV_FAULT:
		put_hex(b, "va", e->args[0]);
		put_string(b, "access", e->args[1] & PF_I ? "fetch" : e->args[1] & PF_W ? "write" : "read");
		put_string(b, "kind", fault_id(e->args[2]));
		member(b, "grew");
		buf_puts(b, e->args[2] & LAB_FAULT_GREW ? "true" : "false");
		break;
	case LAB_EV_SIGNAL:
		put_string(b, "signal", signal_name(e->args[0] & 0x7f));
		code = signal_code_name(e->args[0] & 0x7f, (int)e->args[1]);
		put_string(b, "code", code);
		put_hex(b, "addr", e->args[2]);
		break;
	case LAB_EV_EXIT:
		put_number(b, "wait_status", (int)e->args[0]);
		break;
	case LAB_EV_FORK:
		put_number(b, "child", (int)e->args[0]);
		put_hex(b, "flags", e->args[1]);
		break;
	case LAB_EV_OOPS:
		put_string(b, "kind", oops_words(e));
		break;
	case LAB_EV_MEMORY:
		put_string(b, "access", e->args[2] & LAB_MEMORY_WRITE ? "write" : "read");
		put_number(b, "bytes", e->args[1]);
		put_number(b, "ring", e->args[2] & LAB_MEMORY_RING_3 ? 3 : 0);
		put_string(b, "memory", e->args[2] & LAB_MEMORY_READONLY ? "readonly" : "missing");
		break;
	case LAB_EV_CORE:
		put_number(b, "size", e->args[1]);
		break;
	case LAB_EV_NOSYS:
	case LAB_EV_OOM:
		put_number(b, e->type == LAB_EV_OOM ? "order" : "nr", e->args[0]);
		break;
	default:
		break;
	}
}

/* The mm that a finding is about, by name. */
static const char *finding_mm(const struct model *model, const struct names *names, const struct finding *f)
{
	const struct named_mm *mm;

	if (!model || f->mm < 0 || (uint32_t)f->mm >= model->nr_mms)
		return NULL;
	mm = names_mm(names, &model->mms[f->mm]);
	return mm ? mm->label : "init_mm";
}

static void json_events(struct buf *b, const struct names *names, const struct report_step *step)
{
	put_array(b, "events");
	for (uint32_t i = 0; i < step->nr_events; i++) {
		const struct lab_event *e = &step->events[i];

		if (!report_event_shown(names->raw, e))
			continue;
		element(b);
		buf_puts(b, "{");
		put_string(b, "event", event_type(e->type));
		put_string(b, "task", names_of_task(names, step->now, e->pid));
		json_event_fields(b, e);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
}

static void json_findings(struct buf *b, const struct names *names, const struct report_step *step)
{
	static const char *const severities[] = {"warning", "error", "fatal"};

	put_array(b, "findings");
	for (uint32_t i = 0; i < step->nr_findings; i++) {
		const struct finding *f = &step->findings[i];
		const struct invariant *inv = f->invariant;

		element(b);
		buf_puts(b, "{");
		put_string(b, "invariant", inv->id);
		put_string(b, "sentence", inv->sentence);
		put_string(b, "severity",
			   inv->severity <= SEVERITY_FATAL ? severities[inv->severity] : "error");
		put_string(b, "text", f->text);
		put_string(b, "mm", finding_mm(step->now, names, f));
		if (f->va)
			put_hex(b, "va", f->va);
		buf_puts(b, "}");
	}
	buf_puts(b, "]");
	put_number(b, "findings_standing", step->nr_old_findings);
	if (step->expected && *step->expected)
		put_string(b, "findings_expected", step->expected);
}

void json_step(struct buf *b, const struct names *names, const struct report_step *step,
	       const struct picture *p)
{
	buf_puts(b, "{");
	put_string(b, "type", "step");
	put_number(b, "step", step->number);
	put_string(b, "where", step->where);
	put_string(b, "task", step->pid ? names_of_task(names, step->now, step->pid) : NULL);
	put_string(b, "op", step->op);
	put_string(b, "args", step->args);
	put_string(b, "result", step->result);
	put_string(b, "status", step->status);
	json_events(b, names, step);
	if (p) {
		put_number(b, "virtual_ns", p->virtual_ns);
		json_cpus(b, p);
		json_tasks(b, p);
		json_mms(b, p);
		json_frames(b, p);
		json_segments(b, p);
	}
	json_findings(b, names, step);
	if (names->raw)
		put_number(b, "checks", step->checks);
	buf_puts(b, "}\n");
}

void json_note(struct buf *b, const char *type, const char *text)
{
	buf_puts(b, "{");
	put_string(b, "type", type);
	put_string(b, "text", text);
	buf_puts(b, "}\n");
}

void json_end(struct buf *b, const struct report_config *config, const struct report_totals *totals)
{
	buf_puts(b, "{");
	put_string(b, "type", "end");
	put_number(b, "steps", totals->steps);
	put_number(b, "findings", totals->findings);
	put_number(b, "failed_expectations", totals->failures);
	if (totals->compared && *totals->compared)
		put_string(b, "compared", totals->compared);
	if (config->raw) {
		put_number(b, "checks", totals->checks);
		put_number(b, "invariants", totals->invariants);
	}
	buf_puts(b, "}\n");
}

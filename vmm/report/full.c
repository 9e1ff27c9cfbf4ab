/* SPDX-License-Identifier: MIT */
/* A whole picture as text; see full.h. */
#include <inttypes.h>

#include "report/cpubits.h"
#include "report/full.h"
#include "report/render.h"
#include "report/segments.h"
#include "report/words.h"

#define INDENT "     "

static const char *mm_label(const struct picture *p, uint32_t id)
{
	const struct pic_mm *mm = picture_mm(p, id);

	return mm ? mm->label : "init_mm";
}

static void put_register(struct buf *b, const struct pic_cpu *cpu, const struct cpu_register *r, bool raw)
{
	uint64_t value = cpu_register_value(cpu, r);

	buf_printf(b, "  %s", r->name);
	if (raw) {
		buf_printf(b, " %" PRIx64, value);
		return;
	}
	for (unsigned int i = 0; i < r->nr_bits; i++) {
		const struct cpu_bit *bit = &r->bits[i];

		if (!cpu_bit_holds(bit, value))
			buf_printf(b, " %s=%s", bit->name, bit->required ? "MISSING" : "FORBIDDEN");
		else if (bit->required)
			buf_printf(b, " %s", bit->name);
	}
}

static void put_cpus(struct buf *b, const struct picture *p)
{
	for (uint32_t i = 0; i < p->nr_cpus; i++) {
		const struct pic_cpu *cpu = &p->cpus[i];

		buf_printf(b, INDENT "cpu %" PRIu32, i);
		for (unsigned int r = 0; r < nr_cpu_registers; r++)
			put_register(b, cpu, &cpu_registers[r], p->raw);
		if (p->raw)
			buf_printf(b, "  cr2 %" PRIx64 "  cr3 %" PRIx64, cpu->cr2, cpu->cr3);
		buf_printf(b, "  tables of %s\n",
			   cpu->mm	  ? mm_label(p, cpu->mm)
			   : cpu->init_mm ? "init_mm"
					  : "nobody known");
	}
}

static void put_tasks(struct buf *b, const struct picture *p)
{
	for (uint32_t i = 0; i < p->nr_tasks; i++) {
		const struct pic_task *task = &p->tasks[i];

		buf_printf(b, INDENT "task %d %s  %s", task->pid, task->name, task_state_name(task->state));
		if (task->state == TASK_ZOMBIE) {
			buf_puts(b, ", ");
			put_wait_status(b, task->exit_code);
		} else if (task->mm) {
			buf_printf(b, ", mm of %s", mm_label(p, task->mm));
		} else {
			buf_printf(b, ", kernel thread, borrows %s", mm_label(p, task->active_mm));
		}
		buf_puts(b, "\n");
	}
}

static void put_pages(struct buf *b, const struct picture *p, const struct pic_mm *mm)
{
	for (uint32_t i = 0, n; i < mm->nr_pages; i += n) {
		const struct pic_page *first = &mm->pages[i];
		size_t start;

		for (n = 1; i + n < mm->nr_pages && page_follows(p->raw, first, n, &mm->pages[i + n]);)
			n++;
		buf_puts(b, INDENT "  page ");
		start = b->len;
		buf_printf(b, "%" PRIx64, first->va);
		if (n > 1)
			buf_printf(b, "-%" PRIx64, first->va + n * pic_page_size(first));
		buf_pad(b, start, 26);
		put_page(b, p->raw, first, n);
		if (p->raw)
			buf_printf(b, "  entry %" PRIx64, first->entry);
		buf_puts(b, "\n");
	}
}

static void put_tables(struct buf *b, const struct picture *p, const struct pic_mm *mm)
{
	for (uint32_t i = 0; i < mm->nr_tables; i++) {
		const struct pic_table *table = &mm->tables[i];

		buf_printf(b, INDENT "  %s table ", level_name(p->la57, table->level));
		put_frame(b, p->raw, table->pfn, table->name);
		if (i > 0)
			buf_printf(b, "  covers %" PRIx64, table->va);
		if (p->raw)
			buf_printf(b, "  %u entries", table->present);
		buf_puts(b, "\n");
	}
}

void put_mm(struct buf *b, const struct picture *p, const struct pic_mm *mm)
{
	buf_printf(b, INDENT "mm of %s  users %d, count %d, brk %" PRIx64 "\n", mm->label, mm->users,
		   mm->count, mm->brk);
	buf_puts(b, INDENT "  counters");
	for (unsigned int row = 0; row < nr_counter_rows; row++)
		if (counter_value(&mm->counters, row))
			buf_printf(b, " %s %" PRId64, counter_rows[row].name,
				   counter_value(&mm->counters, row));
	buf_puts(b, "\n");
	for (uint32_t i = 0; i < mm->nr_areas; i++) {
		buf_puts(b, INDENT "  area ");
		put_area(b, &mm->areas[i]);
		buf_puts(b, "\n");
	}
	put_pages(b, p, mm);
	put_tables(b, p, mm);
}

static void put_frames(struct buf *b, const struct picture *p)
{
	for (uint32_t i = 0; i < p->nr_frames; i++) {
		const struct pic_frame *frame = &p->frames[i];
		size_t start;

		if (frame->role == FRAME_TABLE) /* told with its mm */
			continue;
		buf_puts(b, INDENT "frame ");
		start = b->len;
		put_frame(b, p->raw, frame->pfn, frame->name);
		buf_pad(b, start, 6);
		put_frame_role(b, p, frame);
		if (frame_has_counts(frame))
			buf_printf(b, ", ref %d, map %d", frame->ref, frame->map);
		buf_puts(b, "\n");
	}
}

void put_full(struct buf *b, const struct picture *p)
{
	put_cpus(b, p);
	put_tasks(b, p);
	for (uint32_t i = 0; i < p->nr_mms; i++)
		put_mm(b, p, &p->mms[i]);
	put_frames(b, p);
	put_segments(b, p);
	if (!p->raw)
		return;
	buf_puts(b, INDENT "ram");
	for (int role = 0; role < NR_FRAME_ROLES; role++)
		if (p->role_count[role])
			buf_printf(b, " %s %" PRIu64, frame_role_name(role), p->role_count[role]);
	buf_printf(b, ", end %" PRIx64 "\n", p->ram_end);
}

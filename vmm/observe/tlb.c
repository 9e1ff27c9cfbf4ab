/* SPDX-License-Identifier: MIT */
/*
 * The set of stale translations; see tlb.h. Tables are followed through the trace, too: one that is linked inside a step
 * is known from the entry that links it, a new top level from the kernel's entries that are copied into it.
 */
#include "observe/tlb.h"

#include <stdlib.h>
#include <string.h>
#include "base/error.h"

#define NONE ADDR_MAP_NONE
/* The trace has the lower half of an address in the kernel's text, which lies in the last 2 GiB. */
#define TEXT_ADDRESS(ip) ((uint64_t)(int64_t)(int32_t)(ip))

static uint64_t span_of(int level)
{
	return PAGE_SIZE << 9 * (level - 1);
}

static uint64_t key(uint64_t page, uint32_t cpu)
{
	return page * TLB_MAX_CPUS + cpu;
}

/** Pages of one address and of several sizes have chains of their own. */
static uint64_t va_key(uint64_t va, int level, uint32_t cpu)
{
	return key((va & ~(span_of(level) - 1)) | level, cpu);
}

/** Room for one more item of `size` bytes in an array of n. */
static void *grown(void *items, uint32_t n, uint32_t *capacity, size_t size)
{
	if (n < *capacity)
		return items;
	*capacity = *capacity ? 2 * *capacity : 64;
	return xrealloc(items, *capacity * size);
}

/* --- tables ------------------------------------------------------------------------------------- */

static struct tlb_table *find_table(const struct tlb_watch *w, uint64_t pa)
{
	uint32_t at = addr_map_get(&w->table_map, pa);

	return at == NONE || !w->tables[at].level ? NULL : &w->tables[at];
}

static void put_table(struct tlb_watch *w, struct tlb_table table)
{
	uint32_t at = addr_map_put(&w->table_map, table.pa, w->nr_tables);

	if (at == w->nr_tables) {
		w->tables = grown(w->tables, w->nr_tables, &w->cap_tables, sizeof(*w->tables));
		w->nr_tables++;
	}
	w->tables[at] = table;
}

/** Does this entry of a table of `level` lead to another table? */
static bool leads_down(uint64_t entry, int level)
{
	return entry & PTE_P && level > 1 && !(entry & PTE_PS);
}

/** An entry leads to a table, perhaps for the first time; its number of entries is kept if it was known (a move). */
static void link_table(struct tlb_watch *w, const struct tlb_table *parent, uint64_t va, uint64_t entry)
{
	uint64_t pa = entry & PTE_PFN_MASK;
	const struct tlb_table *old = find_table(w, pa);

	put_table(w, (struct tlb_table){.pa = pa, .pgd_pa = parent->pgd_pa, .va = va,
					.present = old ? old->present : 0, .level = parent->level - 1});
}

/* --- the set ------------------------------------------------------------------------------------ */

static void add_problem(struct tlb_watch *w, const struct tlb_problem *problem)
{
	if (w->nr_problems < TLB_MAX_PROBLEMS)
		w->problems[w->nr_problems++] = *problem;
}

static bool is_live(const struct tlb_watch *w, const struct tlb_stale *stale)
{
	return !stale->flushed && stale->epoch == w->epoch[stale->is.cpu];
}

static uint32_t chain(struct addr_map *map, uint64_t at, uint32_t index)
{
	uint32_t next = addr_map_get(map, at);

	addr_map_set(map, at, index);
	return next;
}

static void add_stale(struct tlb_watch *w, struct tlb_stale stale, uint32_t by)
{
	uint32_t index = w->nr_stale, cpu = stale.is.cpu;

	/* So many without a flush are no sound guest's; those that there are will tell. */
	if (index == TLB_MAX_STALE)
		return;
	w->stale = grown(w->stale, index, &w->cap_stale, sizeof(*w->stale));
	stale.epoch = w->epoch[cpu];
	stale.next_va = stale.table ? NONE : chain(&w->va_map, va_key(stale.is.va, stale.level, cpu), index);
	stale.next_pfn = chain(&w->pfn_map, key(stale.is.pfn, cpu), index);
	if (stale.table && !stale.with_pages) {
		w->stale_tables = grown(w->stale_tables, w->nr_stale_tables, &w->cap_stale_tables, sizeof(uint32_t));
		w->stale_tables[w->nr_stale_tables++] = index;
	}
	stale.next_by = w->by[by];
	w->by[by] = index + 1;
	w->stale[index] = stale;
	w->nr_stale++;
	w->nr_live[cpu]++;
	w->nr_all_live++;
}

/** Nothing is stale: begin anew, so that neither the array nor the maps keep growing. */
static void tidy(struct tlb_watch *w)
{
	if (w->nr_all_live || !w->nr_stale)
		return;
	addr_map_free(&w->va_map);
	addr_map_free(&w->pfn_map);
	w->nr_stale = w->nr_stale_tables = 0;
	memset(w->by, 0, sizeof(w->by));
}

static void flush_one(struct tlb_watch *w, struct tlb_stale *stale)
{
	if (!is_live(w, stale))
		return;
	stale->flushed = true;
	w->nr_live[stale->is.cpu]--;
	w->nr_all_live--;
}

/** All of the page of one size that holds va, on one CPU. A chain is followed once, then forgotten: work stays bounded. */
static void flush_pages(struct tlb_watch *w, uint32_t cpu, uint64_t va, int level)
{
	uint64_t at = va_key(va, level, cpu);
	uint32_t i = addr_map_get(&w->va_map, at);

	if (i != NONE)
		addr_map_set(&w->va_map, at, NONE);
	for (; i != NONE; i = w->stale[i].next_va)
		flush_one(w, &w->stale[i]);
}

/** INVLPG: the page's translation, and all that is cached of tables, whatever the address (SDM 4.10.4.1). */
static void flush_address(struct tlb_watch *w, uint32_t cpu, uint64_t va)
{
	uint32_t kept = 0;

	for (int level = 1; level <= 3; level++)
		flush_pages(w, cpu, va, level);
	for (uint32_t i = 0; i < w->nr_stale_tables; i++) {
		struct tlb_stale *stale = &w->stale[w->stale_tables[i]];

		if (stale->is.cpu == cpu)
			flush_one(w, stale);
		else
			w->stale_tables[kept++] = w->stale_tables[i];
	}
	w->nr_stale_tables = kept;
	tidy(w);
}

static void flush_all(struct tlb_watch *w, uint32_t cpu)
{
	w->nr_all_live -= w->nr_live[cpu];
	w->nr_live[cpu] = 0;
	w->epoch[cpu]++;
	tidy(w);
}

/* --- entries that are written ---------------------------------------------------------------------- */

/** Does a translation made of `old` allow, or lead to, what `now` does not? */
static bool loses(uint64_t old, uint64_t now)
{
	return !(now & PTE_P) || (old ^ now) & PTE_PFN_MASK || old & ~now & (PTE_RW | PTE_US) || now & ~old & PTE_NX;
}

static void take_away(struct tlb_watch *w, const struct tlb_table *table, uint64_t va, uint64_t old, uint64_t now,
		      const struct lab_trace_entry *e)
{
	const struct tlb_table *below = leads_down(old, table->level) ? find_table(w, old & PTE_PFN_MASK) : NULL;
	struct tlb_stale stale = {
		.is = {.what = loses(old, now) ? TLB_STALE : TLB_DIRTY,
		       .pgd_pa = table->pgd_pa, .va = va, .pfn = (old & PTE_PFN_MASK) >> PAGE_SHIFT,
		       .old = old, .now = now, .ip = TEXT_ADDRESS(e->ip)},
		.level = table->level,
		.table = leads_down(old, table->level),
		.with_pages = !below || below->present,
	};

	for (uint32_t cpu = 0; cpu < TLB_MAX_CPUS; cpu++) {
		if (w->cr3[cpu] != table->pgd_pa)
			continue;
		stale.is.cpu = cpu;
		add_stale(w, stale, e->cpu);
	}
}

static void set_entry(struct tlb_watch *w, const struct lab_trace_entry *e)
{
	const uint64_t entry_pa = e->args[0], now = e->args[1], old = e->args[2];
	struct tlb_table *table = find_table(w, entry_pa & PTE_PFN_MASK);
	uint64_t index = entry_pa / 8 % PTRS_PER_TABLE, va;

	/* Only a top level has entries for the kernel's half. */
	if (!table && index >= PTRS_PER_TABLE / 2 && now & PTE_P) {
		uint64_t pa = entry_pa & PTE_PFN_MASK;

		put_table(w, (struct tlb_table){.pa = pa, .pgd_pa = pa, .level = 4});
		table = find_table(w, pa);
	}
	if (!table)
		return;
	table->present += !!(now & PTE_P) - !!(old & PTE_P);
	va = table->va + index * span_of(table->level);
	if (old & PTE_P && (loses(old, now) || old & ~now & PTE_D))
		take_away(w, table, va, old, now, e);
	if (leads_down(now, table->level) && (table->level < 4 || index < PTRS_PER_TABLE / 2))
		link_table(w, table, va, now);
}

/* --- frames ---------------------------------------------------------------------------------------- */

/** Each is told once: by its frame, not again at the step's end. */
static void tell_freed(struct tlb_watch *w, uint32_t cpu, uint64_t pfn, uint64_t ip)
{
	uint32_t i = addr_map_get(&w->pfn_map, key(pfn, cpu));

	if (i != NONE)
		addr_map_set(&w->pfn_map, key(pfn, cpu), NONE);
	for (; i != NONE; i = w->stale[i].next_pfn) {
		struct tlb_problem problem = w->stale[i].is;

		if (!is_live(w, &w->stale[i]))
			continue;
		problem.what = w->stale[i].table ? TLB_TABLE_FREED : TLB_FRAME_FREED;
		problem.freed_ip = ip;
		add_problem(w, &problem);
		flush_one(w, &w->stale[i]);
	}
}

static void free_frame(struct tlb_watch *w, uint64_t pfn, uint64_t ip)
{
	struct tlb_table *table = find_table(w, pfn << PAGE_SHIFT);

	addr_map_put(&w->freed, pfn, 0);
	for (uint32_t cpu = 0; cpu < TLB_MAX_CPUS && w->nr_all_live; cpu++)
		if (w->nr_live[cpu])
			tell_freed(w, cpu, pfn, ip);
	if (table)
		table->level = 0;
}

static void free_block(struct tlb_watch *w, uint64_t pfn, uint64_t order, uint64_t ip)
{
	for (uint64_t i = 0; order < NR_ORDERS && i < 1UL << order; i++)
		free_frame(w, pfn + i, ip);
}

/* --- ring 3 ------------------------------------------------------------------------------------------ */

/** The CPU goes on in ring 3: what it made stale must be flushed by now, everywhere. Each is told once. */
static void run_on(struct tlb_watch *w, uint32_t cpu)
{
	for (uint32_t i = w->by[cpu]; i; i = w->stale[i - 1].next_by) {
		if (!is_live(w, &w->stale[i - 1]))
			continue;
		add_problem(w, &w->stale[i - 1].is);
		flush_one(w, &w->stale[i - 1]);
	}
	w->by[cpu] = 0;
	tidy(w);
}

/* --- the interface --------------------------------------------------------------------------------- */

/** What the last step came to is not this one's. */
static void begin_step(struct tlb_watch *w)
{
	if (!w->step_ended)
		return;
	w->step_ended = false;
	w->nr_problems = 0;
	addr_map_free(&w->ran);
	addr_map_free(&w->freed);
}

void tlb_watch_add(struct tlb_watch *w, const struct lab_trace_entry *entry)
{
	const uint64_t *a = entry->args, ip = TEXT_ADDRESS(entry->ip);

	begin_step(w);
	w->nr_entries++;
	if (entry->cpu >= TLB_MAX_CPUS)
		return;
	switch (entry->type) {
	case LAB_TRACE_SET:
		set_entry(w, entry);
		break;
	case LAB_TRACE_CR3:
		flush_all(w, entry->cpu);
		w->cr3[entry->cpu] = a[0] & PTE_PFN_MASK;
		/* One that a signal stops on its way out of a call writes its answer, and never comes to ring 3. */
		addr_map_put(&w->ran, w->cr3[entry->cpu], 0);
		break;
	case LAB_TRACE_INVLPG:
		flush_address(w, entry->cpu, a[0]);
		break;
	case LAB_TRACE_FREE:
		free_block(w, a[0], a[1], ip);
		break;
	case LAB_TRACE_USER:
		run_on(w, entry->cpu);
		addr_map_put(&w->ran, w->cr3[entry->cpu], 0);
		break;
	}
}

static void take_tables(struct tlb_watch *w, const struct model *now)
{
	addr_map_free(&w->table_map);
	w->nr_tables = 0;
	for (uint32_t i = 0; i < now->nr_mms; i++) {
		const struct model_mm *mm = &now->mms[i];

		for (uint32_t j = 0; j < mm->nr_tables; j++)
			put_table(w, (struct tlb_table){.pa = mm->tables[j].pa, .pgd_pa = mm->pgd_pa,
							.va = mm->tables[j].va, .present = mm->tables[j].present,
							.level = mm->tables[j].level});
	}
}

void tlb_watch_end(struct tlb_watch *w, const struct model *now)
{
	begin_step(w);
	for (uint32_t cpu = 0; cpu < TLB_MAX_CPUS; cpu++)
		run_on(w, cpu);
	take_tables(w, now);
	for (uint32_t i = 0; i < now->nr_cpus && i < TLB_MAX_CPUS; i++)
		w->cr3[i] = now->cpus[i].cr3 & PTE_PFN_MASK;
	w->step_ended = true;
}

void tlb_watch_forget(struct tlb_watch *w)
{
	addr_map_free(&w->table_map);
	addr_map_free(&w->va_map);
	addr_map_free(&w->pfn_map);
	addr_map_free(&w->ran);
	addr_map_free(&w->freed);
	free(w->tables);
	free(w->stale);
	free(w->stale_tables);
	*w = (struct tlb_watch){0};
}

/* SPDX-License-Identifier: MIT */
/*
 * What verify_test breaks in a sound guest made by hand (tiny_kernel.h), one thing at a time, and which invariant must name it.
 */
#ifndef TESTS_UNIT_CORRUPTIONS_H
#define TESTS_UNIT_CORRUPTIONS_H

#include "tiny_kernel.h"
#include "uapi.h"
#include "verify/verify.h"

/* clang-format off */
#define BREAK(name) static void name(struct tiny *t)

static struct vm_area_struct *vma(struct tiny *t, uint64_t va) { return at(t, va); }
static struct mm_struct *mm_a(struct tiny *t) { return at(t, t->mm_a); }
static struct task_struct *task(struct tiny *t, uint64_t va) { return at(t, va); }
static uint64_t *pte(struct tiny *t, uint64_t va) { return tiny_entry(t, t->mm_a, va, 1); }
static uint64_t *pmd(struct tiny *t, uint64_t va) { return tiny_entry(t, t->mm_a, va, 2); }
static struct anon_vma *anon(struct tiny *t, uint64_t va) { return at(t, va); }
static struct page *page(struct tiny *t, uint64_t pfn) { return &t->mem_map[pfn]; }

/** The first chain on the list of an area. */
static struct anon_vma_chain *first_avc(struct tiny *t, uint64_t area)
{
	return at(t, vma(t, area)->anon_vma_chain.next.va - offsetof(struct anon_vma_chain, same_vma));
}

static struct anon_vma_chain *at_avc(struct tiny *t, gva_t node)
{
	return at(t, node.va - offsetof(struct anon_vma_chain, rb));
}

static void list_remove(struct tiny *t, struct list_head *node)
{
	AT(list_head, t, node->prev.va)->next = node->next;
	AT(list_head, t, node->next.va)->prev = node->prev;
}

/** An entry of the direct map's tables, and those above it. */
static uint64_t *direct_entry(struct tiny *t, uint64_t pa, int level)
{
	uint64_t *table = at(t, AT(mm_struct, t, t->init_mm)->pgd.va), va = PAGE_OFFSET + pa;

	for (int l = 4; l > level; l--)
		table = (uint64_t *)(t->ram + (table[va >> (12 + 9 * (l - 1)) & 511] & PTE_PFN_MASK));
	return &table[va >> (12 + 9 * (level - 1)) & 511];
}

static uint64_t *image_entry(struct tiny *t, uint64_t pa)
{
	uint64_t *table = at(t, AT(mm_struct, t, t->init_mm)->pgd.va), va = KERNEL_MAP + pa;

	for (int l = 4; l > 1; l--)
		table = (uint64_t *)(t->ram + (table[va >> (12 + 9 * (l - 1)) & 511] & PTE_PFN_MASK));
	return &table[va >> 12 & 511];
}

/* --- corruptions ------------------------------------------------------------------------------ */

BREAK(lab_magic) { t->lab->magic ^= 1; }
BREAK(lab_ram_end) { t->lab->ram_end = 0; }
BREAK(lab_mem_map) { t->lab->mem_map.va += PAGE_SIZE; }
BREAK(lab_cpus) { t->lab->nr_cpus = 2; }
BREAK(lab_frontier) { t->zone->frontier_pfn = 3; }
BREAK(wild_mm) { task(t, t->a)->mm = ptr(0x1234); }
BREAK(wild_next) { vma(t, t->heap_a)->vm_next = ptr(0xdeadbeef0000); }
BREAK(wild_stack) { task(t, t->b)->stack = ptr(8); }
BREAK(wild_free) { page(t, t->slab_pfn)->freelist = ptr(0xffff888000000000); }
BREAK(wild_init_task) { t->lab->init_task = ptr(1); }
BREAK(mmlist_prev) { mm_a(t)->mmlist.prev = ptr(t->init_mm); }
BREAK(mmlist_cycle)
{
	AT(mm_struct, t, t->mm_b)->mmlist.next = ptr(t->mm_a + offsetof(struct mm_struct, mmlist));
}
BREAK(area_cycle) { vma(t, t->stack_a)->vm_next = ptr(t->heap_a); }
BREAK(rb_cycle)
{
	vma(t, t->text_a)->vm_rb.rb_left = mm_a(t)->mm_rb.rb_node;
}
BREAK(odd_pgd) { mm_a(t)->pgd.va += 8; }
BREAK(endless_damage)
{
	/* A chain of "tasks" in untouched memory, each with a wrong prev. */
	uint64_t first = kva(1500) + offsetof(struct task_struct, tasks), va = first;
	gva_t head = t->lab->init_task;

	head.va += offsetof(struct task_struct, tasks);
	for (int i = 0; i < 400; i++, va += sizeof(struct task_struct))
		AT(list_head, t, va)->next = ptr(va + sizeof(struct task_struct));
	AT(list_head, t, va)->next = head;
	AT(list_head, t, head.va)->next = ptr(first);
}

BREAK(overlap) { vma(t, t->cow_a)->vm_end = t->own_va + PAGE_SIZE; }
BREAK(unaligned) { vma(t, t->heap_a)->vm_start++; }
BREAK(empty_area) { vma(t, t->heap_a)->vm_end = vma(t, t->heap_a)->vm_start; }
BREAK(low_area) { vma(t, t->text_a)->vm_start = PAGE_SIZE; }
BREAK(high_area) { vma(t, t->stack_a)->vm_end += PAGE_SIZE; }
BREAK(vm_prev_zero) { vma(t, t->heap_a)->vm_prev = ptr(0); }
BREAK(not_in_list) { vma(t, t->text_a)->vm_next = ptr(t->cow_a); }
BREAK(wrong_mm) { vma(t, t->heap_a)->vm_mm = ptr(t->mm_b); }
BREAK(wrong_prot) { vma(t, t->heap_a)->vm_page_prot |= PTE_RW; }
BREAK(unknown_flag) { vma(t, t->heap_a)->vm_flags |= 1UL << 60; }
BREAK(right_without_may) { vma(t, t->heap_a)->vm_flags &= ~VM_MAYWRITE; }
BREAK(no_mayexec) { vma(t, t->heap_a)->vm_flags &= ~VM_MAYEXEC; }
BREAK(no_maywrite) { vma(t, t->text_a)->vm_flags &= ~VM_MAYWRITE; }
BREAK(dontexpand) { vma(t, t->heap_a)->vm_flags |= VM_DONTEXPAND; }
BREAK(noreserve_committed) { vma(t, t->heap_a)->vm_flags |= VM_NORESERVE; }
BREAK(wild_limits) { task(t, t->a)->rlimits = ptr(t->heap_a); }
BREAK(leaked_limits) { strcpy(t->caches[SLAB_ANON]->name, "rlimits"); }
BREAK(shared_anon_flag) { vma(t, t->heap_a)->vm_flags |= VM_MAYSHARE; }
BREAK(not_committed) { vma(t, t->heap_a)->vm_flags &= ~VM_ACCOUNT; }
BREAK(ops_elsewhere) { vma(t, t->text_a)->vm_ops.va = KERNEL_MAP + TINY_DATA; }
BREAK(ops_between) { vma(t, t->text_a)->vm_ops.va += 8; }
BREAK(no_ops) { vma(t, t->text_a)->vm_ops = ptr(0); }
BREAK(highest) { mm_a(t)->highest_vm_end -= PAGE_SIZE; }
BREAK(stale_cache) { task(t, t->a)->vmacache[1] = ptr(t->cow_b); }
BREAK(freed_cache) { task(t, t->a)->vmacache[1] = page(t, t->slab_pfn)->freelist; }
BREAK(swap_children)
{
	struct rb_node *root = at(t, mm_a(t)->mm_rb.rb_node.va);
	gva_t left = root->rb_left;

	root->rb_left = root->rb_right;
	root->rb_right = left;
}
BREAK(red_root) { AT(rb_node, t, mm_a(t)->mm_rb.rb_node.va)->__rb_parent_color &= ~1UL; }
BREAK(recolour) { vma(t, t->heap_a)->vm_rb.__rb_parent_color ^= 1; }
BREAK(recolour_leaf) { vma(t, t->text_a)->vm_rb.__rb_parent_color ^= 1; }
BREAK(red_red)
{
	vma(t, t->heap_a)->vm_rb.__rb_parent_color &= ~1UL;
	vma(t, t->text_a)->vm_rb.__rb_parent_color &= ~1UL;
}
BREAK(parent) { vma(t, t->text_a)->vm_rb.__rb_parent_color += 64; }
BREAK(gap) { AT(vm_area_struct, t, t->cow_a)->rb_subtree_gap += PAGE_SIZE; }

BREAK(map_count) { mm_a(t)->map_count++; }
BREAK(total_vm) { mm_a(t)->total_vm--; }
BREAK(data_vm) { mm_a(t)->data_vm++; }
BREAK(exec_vm) { mm_a(t)->exec_vm++; }
BREAK(stack_vm) { mm_a(t)->stack_vm++; }
BREAK(locked_vm) { mm_a(t)->locked_vm++; }
BREAK(committed) { t->lab->vm_committed_as--; }
BREAK(rss) { mm_a(t)->rss_stat[MM_ANONPAGES]--; }
BREAK(rss_kind) { mm_a(t)->rss_stat[MM_SWAPENTS]++; }
BREAK(pgtables_bytes) { mm_a(t)->pgtables_bytes += PAGE_SIZE; }
BREAK(layout) { mm_a(t)->brk = mm_a(t)->start_brk - 1; }
BREAK(args_overlap) { mm_a(t)->arg_end = mm_a(t)->env_end; }
BREAK(mmap_base) { mm_a(t)->mmap_base += 8; }
BREAK(placement_function) { mm_a(t)->get_unmapped_area = ptr(0); }
BREAK(other_function) { mm_a(t)->get_unmapped_area.va += 8; }
BREAK(bottom_up) { mm_a(t)->get_unmapped_area.va = t->lab->image.bottomup; }
BREAK(legacy_base) { mm_a(t)->mmap_legacy_base += PAGE_SIZE; }
BREAK(on_fault_alone) { mm_a(t)->def_flags = VM_LOCKONFAULT; }
BREAK(other_base) { mm_a(t)->mmap_base -= PAGE_SIZE; }
BREAK(mm_flag) { mm_a(t)->flags = 1UL << 40; }
BREAK(args_apart) { mm_a(t)->arg_end -= 8; }
BREAK(cache_name) { t->caches[SLAB_FILE]->name[20] = 'x'; }
BREAK(shared_used) { vma(t, t->heap_a)->shared.rb_subtree_last = 1; }
BREAK(task_size) { mm_a(t)->task_size >>= 1; }
BREAK(pinned) { mm_a(t)->pinned_vm = 1; }
BREAK(def_flags) { mm_a(t)->def_flags = VM_WRITE; }
BREAK(hiwater) { mm_a(t)->hiwater_rss = 1000; }
BREAK(hiwater_falls) { mm_a(t)->hiwater_vm = 4; }
BREAK(hiwater_rss_falls) { mm_a(t)->hiwater_rss = 7; } /* neither what was nor what is present */
BREAK(mm_users) { mm_a(t)->mm_users++; }
BREAK(mm_count) { mm_a(t)->mm_count--; }
BREAK(init_mm_count) { AT(mm_struct, t, t->init_mm)->mm_count++; }
BREAK(proc_mm)
{
	/* An open file of /proc that holds nothing. */
	uint64_t ref = tiny_data(t, sizeof(struct proc_mm), 8);

	AT(proc_mm, t, ref)->mm = ptr(t->mm_b);
	tiny_list_add_tail(t, ref, t->lab->proc_mms.va);
}
BREAK(off_mmlist) { list_remove(t, &AT(mm_struct, t, t->mm_b)->mmlist); }
BREAK(active_mm) { task(t, t->b)->active_mm = ptr(t->mm_a); }
BREAK(kthread_mm) { task(t, t->b)->flags |= PF_KTHREAD; }
BREAK(zombie_mm) { task(t, t->b)->state = TASK_ZOMBIE; }
BREAK(same_pid) { task(t, t->thread)->pid = 2; }
BREAK(orphan) { task(t, t->b)->parent = ptr(t->mm_a); }
BREAK(thread_mm) { task(t, t->thread)->mm = task(t, t->thread)->active_mm = ptr(t->mm_b); }
BREAK(leaderless) { task(t, t->thread)->tgid = 77; }
BREAK(group_of_two_sessions) { task(t, t->b)->pgrp = 2; }
BREAK(session_leader_moved) { task(t, t->b)->pgrp = 77; }
BREAK(no_session) { task(t, t->b)->session = 0; }
BREAK(cred_usage) { AT(cred, t, t->cred)->usage--; }
BREAK(cred_wild) { task(t, t->b)->cred = ptr(8); }
BREAK(cred_effective) { AT(cred, t, t->cred)->cap_effective |= 1; }
BREAK(cred_ambient) { AT(cred, t, t->cred)->cap_ambient = 2; }
BREAK(cred_no_cap) { AT(cred, t, t->cred)->cap_bset |= 1UL << 50; }
BREAK(cred_groups) { AT(cred, t, t->cred)->ngroups = NGROUPS + 1; }
BREAK(cred_unsorted) { AT(cred, t, t->cred)->ngroups = 2; AT(cred, t, t->cred)->groups[0] = 9; }
BREAK(task_flag) { task(t, t->a)->flags |= 1; }
BREAK(comm) { memset(task(t, t->a)->comm, 'x', 16); }
BREAK(exit_code) { task(t, t->a)->exit_code = 9; }
BREAK(channel_pid) { t->lab->channels[0].pid = 9; }
BREAK(channel_lost) { task(t, t->a)->channel = -1; }
BREAK(channel_dead) { task(t, t->a)->state = TASK_ZOMBIE; }
BREAK(mmap_lock) { mm_a(t)->mmap_lock.count = 1; }
BREAK(page_table_lock) { mm_a(t)->page_table_lock.locked = 1; }
BREAK(zone_lock) { t->zone->lock.locked = 1; }
BREAK(cache_lock) { t->caches[0]->lock.locked = 1; }
BREAK(anon_lock) { anon(t, t->anon_root)->rwsem.count = -1; }

BREAK(cr3) { t->cpu.cr3 = AT(mm_struct, t, t->mm_b)->pgd.va - PAGE_OFFSET; }
BREAK(cr0) { t->cpu.cr0 &= ~CR0_WP; }
BREAK(cr4) { t->cpu.cr4 |= CR4_PCIDE; }
BREAK(efer) { t->cpu.efer &= ~EFER_NXE; }
BREAK(current) { t->cpu_info->current = ptr(t->mm_a); }
BREAK(current_sleeps) { task(t, t->idle)->state = TASK_INTERRUPTIBLE; }
BREAK(kernel_sp) { t->cpu_info->kernel_sp -= 8; }
BREAK(stack_outside) { task(t, t->a)->stack = ptr(kva(1900)); }
BREAK(stack_tail) { task(t, t->a)->stack.va += PAGE_SIZE; }
BREAK(cpu_self) { t->cpu_info->self.va++; }
BREAK(gs) { t->cpu.gs_base = 0; }
BREAK(cpu_bitmap) { AT(mm_struct, t, t->mm_b)->cpu_bitmap = 1; }
BREAK(in_irq) { t->cpu_info->in_irq = 1; }
BREAK(translation) { (void)t; /* the machine lies, see lying_translate */ }

/* The guest's trace of the step, as verify() will hand it over: a page of a's is unmapped, and no flush follows. */
static struct tlb_watch tlb;
static void trace(enum lab_trace_type type, uint64_t a, uint64_t b, uint64_t c)
{
	tlb_watch_add(&tlb, &(struct lab_trace_entry){.type = type, .args = {a, b, c}});
}
static void trace_step(struct tiny *t, int level, uint64_t now)
{
	uint64_t *entry = tiny_entry(t, t->mm_a, t->own_va, level);
	struct model *model = tiny_model(t);

	tlb_watch_end(&tlb, model);
	trace(LAB_TRACE_SET, (uint8_t *)entry - t->ram, now, *entry);
	model_free(model);
}
static void end_trace(struct tiny *t)
{
	struct model *model = tiny_model(t);

	tlb_watch_end(&tlb, model);
	model_free(model);
}
BREAK(not_flushed) { trace_step(t, 1, 0); end_trace(t); }
BREAK(freed_early) { trace_step(t, 1, 0); trace(LAB_TRACE_FREE, t->own_pfn, 0, 0); end_trace(t); }
BREAK(table_freed_early)
{
	uint64_t table = *tiny_entry(t, t->mm_a, t->own_va, 2) >> PAGE_SHIFT & 0xfffff;

	trace_step(t, 2, 0);
	trace(LAB_TRACE_FREE, table, 0, 0);
	end_trace(t);
}
BREAK(dirty_not_flushed) { trace_step(t, 1, *pte(t, t->own_va) & ~PTE_D); end_trace(t); }

/* Bytes. `before` is the sound guest, hashed; what the step was is said by facts. */
static struct step_facts facts;
static uint8_t *byte(struct tiny *t, uint64_t pfn, uint64_t at) { return t->ram + (pfn << PAGE_SHIFT) + at; }
static void ran(struct tiny *t, uint64_t mm) { addr_map_put(&tlb.ran, AT(mm_struct, t, mm)->pgd.va - PAGE_OFFSET, 0); }
static void answered(int pid, struct agent_cmd cmd, int64_t value)
{
	facts = (struct step_facts){.pid = pid, .nr_cmds = 1, .cmd = cmd, .answered = true, .value = value};
}
BREAK(write_lost)
{
	answered(2, (struct agent_cmd){.op = AGENT_WRITE, .size = 2, .args = {t->own_va + 8, 0x1234}}, 0);
	*byte(t, t->own_pfn, 8) = 0x34;
}
BREAK(fill_lost)
{
	answered(2, (struct agent_cmd){.op = AGENT_FILL, .args = {t->own_va, 7, PAGE_SIZE}}, 0);
	memset(byte(t, t->own_pfn, 0), 7, PAGE_SIZE - 1);
}
BREAK(changed_asleep) { (*byte(t, t->own_pfn, 100))++; ran(t, t->mm_b); }
BREAK(leak_through_cow) { (*byte(t, t->cow_pfn, 100))++; ran(t, t->mm_a); ran(t, t->mm_b); }
BREAK(readonly_changed) { (*byte(t, t->cow_pfn, 0))++; ran(t, t->mm_a); }
BREAK(file_page_changed) { (*byte(t, t->file_pfn, 0))++; ran(t, t->mm_a); }
BREAK(new_page_dirty)
{
	uint64_t pfn = tiny_frame(t, PGTY_none), va = t->own_va + PAGE_SIZE;

	t->mem_map[pfn] = t->mem_map[t->own_pfn];
	t->mem_map[pfn].index++;
	*tiny_entry(t, t->mm_a, va, 1) = pfn << PAGE_SHIFT | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_NX;
	t->zone->frontier_pfn = t->next_pfn;
	answered(2, (struct agent_cmd){.op = AGENT_WRITE, .size = 1, .args = {va, 1}}, 0);
	facts.start = va, facts.end = va + 1;
	*byte(t, pfn, 0) = 1, *byte(t, pfn, 1) = 0xaa;
}
static void forked(struct tiny *t)
{
	AT(mm_struct, t, t->mm_b)->pgd.va = kva(t->next_pfn);	/* another mm than before: a child's */
	tiny_frame(t, PGTY_table);
	memcpy(t->ram + ((t->next_pfn - 1) << PAGE_SHIFT), at(t, AT(mm_struct, t, t->mm_a)->pgd.va), PAGE_SIZE);
	t->zone->frontier_pfn = t->next_pfn;
	answered(2, (struct agent_cmd){.op = AGENT_FORK}, 4);
}
BREAK(fork_copied_text) { forked(t); }			/* all of its tables are the parent's, a file's page among them */
BREAK(fork_locks) { forked(t); AT(mm_struct, t, t->mm_b)->def_flags = VM_LOCKED; }
BREAK(exec_moved) { mm_a(t)->end_code -= 8; }
BREAK(fork_moved)
{
	AT(task_struct, t, t->b)->pid = AT(task_struct, t, t->b)->tgid = 9;
	AT(mm_struct, t, t->mm_b)->mmap_base -= PAGE_SIZE;
	t->lab->events[t->lab->event_head++] = (struct lab_event){.type = LAB_EV_FORK, .pid = 2, .args = {9}};
}
BREAK(same_cache_number) { AT(mm_struct, t, t->mm_b)->vmacache_seqnum = mm_a(t)->vmacache_seqnum; }
BREAK(fork_other_bytes)
{
	forked(t);
	(*byte(t, t->own_pfn, 5))++;
}
BREAK(dontneed_kept)
{
	answered(2, (struct agent_cmd){.op = AGENT_SYSCALL, .nr = NR_madvise,
				       .args = {t->own_va, PAGE_SIZE, LX_MADV_DONTNEED}}, 0);
}

BREAK(failed_and_changed)
{
	answered(2, (struct agent_cmd){.op = AGENT_SYSCALL, .nr = NR_munmap}, -LX_EINVAL);
	vma(t, t->heap_a)->vm_flags |= VM_LOCKED;
}
/* An area of two pages was cut by a call, and stayed two areas. */
BREAK(not_merged)
{
	struct vm_area_struct *low = vma(t, t->none_a), *high = vma(t, t->zero_a);

	answered(2, (struct agent_cmd){.op = AGENT_SYSCALL, .nr = NR_mprotect}, 0);
	high->vm_end = low->vm_end;
	high->vm_start = low->vm_end -= PAGE_SIZE;
	high->vm_flags = low->vm_flags;
	high->anon_vma = low->anon_vma;
	high->vm_pgoff = low->vm_pgoff + ((low->vm_end - low->vm_start) >> PAGE_SHIFT);
}
BREAK(write_locked_fault)
{
	answered(2, (struct agent_cmd){.op = AGENT_READ, .size = 1, .args = {t->own_va}}, 0);
	mm_a(t)->mmap_lock.write_acquired++;
}
BREAK(faulted_twice)
{
	answered(2, (struct agent_cmd){.op = AGENT_READ, .size = 1, .args = {t->own_va}}, 0);
	for (int i = 0; i < 2; i++)
		t->lab->events[t->lab->event_head++ % LAB_NR_EVENTS] =
			(struct lab_event){.type = LAB_EV_FAULT, .pid = 2, .args = {t->own_va, PF_U, LAB_FAULT_ANON}};
}
BREAK(placed_in_gap)
{
	answered(2, (struct agent_cmd){.op = AGENT_SYSCALL, .nr = NR_mmap, .args = {0, PAGE_SIZE}},
		 vma(t, t->stack_a)->vm_start - 9 * PAGE_SIZE);
}
BREAK(locked_page_gone)
{
	answered(2, (struct agent_cmd){.op = AGENT_READ, .size = 1}, 0);
	*pte(t, t->zero_va) = 0;
}
BREAK(changed_unlocked) { vma(t, t->heap_a)->vm_end += PAGE_SIZE; }
BREAK(fault_from_nowhere)
{
	answered(2, (struct agent_cmd){.op = AGENT_WRITE, .size = 1, .args = {t->own_va, 0}}, 0);
	t->lab->events[t->lab->event_head++] = (struct lab_event){
		.type = LAB_EV_FAULT, .pid = 2, .args = {t->own_va, PF_P | PF_W | PF_U, LAB_FAULT_COW_REUSE}};
}
BREAK(no_fault_where_one_must_be)
{
	answered(2, (struct agent_cmd){.op = AGENT_WRITE, .size = 1, .args = {t->cow_va, 0}}, 0);
}

BREAK(table_twice) { *pmd(t, t->own_va + PMD_SIZE) = *pmd(t, t->own_va); }
BREAK(table_lost)
{
	uint64_t *pud = tiny_entry(t, t->mm_a, t->file_va, 3);

	*pud = 0;
}
BREAK(table_type) { page(t, *pmd(t, t->own_va) >> PAGE_SHIFT & 0xffff)->page_type = PGTY_kernel; }
BREAK(table_level) { page(t, *pmd(t, t->own_va) >> PAGE_SHIFT & 0xffff)->pt_level = 2; }
BREAK(table_mm) { page(t, *pmd(t, t->own_va) >> PAGE_SHIFT & 0xffff)->pt_mm = ptr(t->mm_b); }
BREAK(table_rights) { *pmd(t, t->own_va) &= ~PTE_RW; }
BREAK(table_useless)
{
	*tiny_entry(t, t->mm_a, 0x10000000000, 1) = 0;
	t->zone->frontier_pfn = t->next_pfn;
}
BREAK(table_outside) { *pmd(t, t->own_va) = 0xfffff000 | PTE_P | PTE_RW | PTE_US; }
BREAK(upper_half) { ((uint64_t *)at(t, AT(mm_struct, t, t->mm_b)->pgd.va))[300] = PTE_A; }
BREAK(entry_garbage) { *pte(t, t->own_va + PAGE_SIZE) = 0x1000; }
BREAK(reserved)
{
	t->cpu.maxphyaddr = 40;
	*pte(t, t->own_va) |= 1UL << 45;
}
BREAK(stray_leaf) { *pte(t, t->own_va + 5 * PAGE_SIZE) = *pte(t, t->own_va); }
BREAK(text_writable) { *pte(t, t->file_va) |= PTE_RW; }
BREAK(cow_writable) { *pte(t, t->cow_va) |= PTE_RW; }
BREAK(own_not_exclusive) { page(t, t->own_pfn)->flags = 0; }
BREAK(data_executable) { *pte(t, t->own_va) &= ~PTE_NX; }
BREAK(text_nx) { *pte(t, t->file_va) |= PTE_NX; }
BREAK(present_in_none) { vma(t, t->data_a)->vm_flags &= ~(VM_READ | VM_WRITE); }
BREAK(supervisor) { *pte(t, t->own_va) &= ~PTE_US; }
BREAK(maps_slab) { *pte(t, t->own_va + PAGE_SIZE) = t->slab_pfn << PAGE_SHIFT | USER_R; }
BREAK(maps_outside) { *pte(t, t->own_va + PAGE_SIZE) = 0x7fffffff000 | USER_R; }
BREAK(maps_untouched) { *pte(t, t->own_va + PAGE_SIZE) = 1800UL << PAGE_SHIFT | USER_R; }
BREAK(huge) { *pmd(t, t->own_va) = 0x400000 | USER_RW | PTE_PS; }
BREAK(leaf_bit) { *pte(t, t->own_va) |= PTE_PCD; }
BREAK(zero_writable) { *pte(t, t->zero_va) |= PTE_RW; }
BREAK(anon_shared) { vma(t, t->data_a)->vm_flags |= VM_SHARED | VM_MAYSHARE; }
BREAK(zero_shared) { vma(t, t->zero_a)->vm_flags |= VM_SHARED | VM_MAYSHARE; }
BREAK(no_device_flags) { vma(t, t->heap_a)->vm_flags |= VM_PFNMAP; }
BREAK(device_locked)
{
	vma(t, t->text_a)->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_LOCKED;
}
BREAK(device_areas) { t->lab->nr_device_areas++; }
BREAK(device_in_anon)
{
	*pte(t, t->own_va + PAGE_SIZE) = (t->lab->device.va - KERNEL_MAP) | USER_R | PTE_SPECIAL;
}
BREAK(device_counted) { *pte(t, t->own_va + PAGE_SIZE) = (t->lab->device.va - KERNEL_MAP) | USER_R; }
BREAK(file_in_device) { vma(t, t->text_a)->vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP; }
BREAK(write_unseen) { *pte(t, t->own_va) &= ~PTE_SOFT_DIRTY; }
BREAK(zero_plain) { *pte(t, t->zero_va) &= ~PTE_SPECIAL; }
BREAK(own_special) { *pte(t, t->own_va) |= PTE_SPECIAL; }
BREAK(poison_of_sound_frame) { *pte(t, t->own_va) = t->own_pfn << PAGE_SHIFT | PTE_HWPOISON; }
BREAK(poison_count) { t->lab->num_poisoned_pages = 1; }
BREAK(none_readable) { vma(t, t->none_a)->vm_flags |= VM_READ; }
BREAK(page_index) { page(t, t->own_pfn)->index++; }
BREAK(file_index) { page(t, t->file_pfn)->index = 3; }
BREAK(file_in_anon) { *pte(t, t->own_va) = t->file_pfn << PAGE_SHIFT | USER_R; }

BREAK(kernel_wx) { *direct_entry(t, PMD_SIZE, 2) &= ~PTE_NX; }
BREAK(kernel_user)
{
	*direct_entry(t, 0, 4) |= PTE_US;
	*direct_entry(t, 0, 3) |= PTE_US;
	*direct_entry(t, PMD_SIZE, 2) |= PTE_US;
}
BREAK(kernel_alias) { *direct_entry(t, PMD_SIZE, 2) += PMD_SIZE; }
BREAK(text_patched) { *image_entry(t, TINY_TEXT) |= PTE_RW; }
BREAK(image_hole) { *image_entry(t, TINY_RODATA) = 0; }
BREAK(direct_hole) { *direct_entry(t, PMD_SIZE, 2) = 0; }
BREAK(direct_image) { *direct_entry(t, 0, 2) |= PTE_RW; }
BREAK(kernel_bit) { *direct_entry(t, PMD_SIZE, 2) |= PTE_G; }
BREAK(kernel_table_user) { *direct_entry(t, 0, 3) |= PTE_US; }
BREAK(kernel_pat) { *direct_entry(t, PMD_SIZE, 2) |= 1UL << 12; }
BREAK(zero_dirty) { t->ram[(t->zero_pfn << PAGE_SHIFT) + 777] = 1; }
BREAK(ring) { t->lab->event_head = LAB_NR_EVENTS + 1; }

BREAK(no_role) { page(t, t->own_pfn)->page_type = 99; }
BREAK(lost_free) { t->zone->free_area[1].free_list.next = t->zone->free_area[1].free_list.prev =
	ptr(t->lab->zone.va + offsetof(struct zone, free_area) + sizeof(struct free_area)); }
BREAK(slab_type) { page(t, t->slab_pfn)->page_type = PGTY_none; }
BREAK(shared_stack) { task(t, t->b)->stack = task(t, t->a)->stack; }
BREAK(refcount) { page(t, t->cow_pfn)->_refcount--; }
BREAK(table_refs) { page(t, *pmd(t, t->own_va) >> PAGE_SHIFT & 0xffff)->_refcount++; }
BREAK(stack_refs) { page(t, (task(t, t->a)->stack.va - PAGE_OFFSET) >> PAGE_SHIFT)->_refcount = 2; }
BREAK(leaked_page) { *pte(t, t->own_va) = 0; }
BREAK(mapcount) { page(t, t->cow_pfn)->_mapcount++; }
BREAK(page_flags) { page(t, t->own_pfn)->flags |= PG_zeroed; }
BREAK(exclusive_shared) { page(t, t->cow_pfn)->flags = PG_anon_exclusive; }
BREAK(anon_order) { page(t, t->own_pfn)->order = 1; }
BREAK(page_private) { page(t, t->own_pfn)->private = 2; }
BREAK(table_mapcount) { page(t, t->cpu.cr3 >> PAGE_SHIFT)->_mapcount = 0; }
BREAK(zero_type) { page(t, t->zero_pfn)->page_type = PGTY_none; }
BREAK(block_order) { page(t, t->free_pfn)->order = 3; }
BREAK(block_type) { page(t, t->free_pfn)->page_type = PGTY_none; }
BREAK(tail_type) { page(t, t->free_pfn + 2)->page_type = PGTY_none; }
BREAK(unmerged) { tiny_free_block(t, t->free_pfn ^ 1, 0, 0); }
BREAK(nr_free) { t->zone->free_area[1].nr_free++; }
BREAK(zone_free) { t->zone->nr_free--; }
BREAK(zone_end) { t->zone->end_pfn--; }
/* A module that would end behind RAM, and in front of which the zone does not. */
BREAK(initrd) { t->lab->initrd_pa = PAGE_SIZE; t->lab->initrd_size = 1UL << 40; }
BREAK(free_mapped) { *pte(t, t->own_va + PAGE_SIZE) = t->free_pfn << PAGE_SHIFT | USER_R; }
BREAK(free_refs) { page(t, t->free_pfn)->_refcount = 1; }
BREAK(free_dirty) { t->ram[((t->free_pfn + 4) << PAGE_SHIFT) + 4095] = 1; }

BREAK(cache_objects) { t->caches[SLAB_MM]->objects++; }
BREAK(kmalloc_size) { strcpy(t->caches[SLAB_VMA]->name, "kmalloc-64"); }
BREAK(cache_size) { t->caches[SLAB_MM]->object_size -= 8; }
BREAK(slab_other_cache) { page(t, t->slab_pfn)->slab_cache = ptr(cache_va(t, SLAB_MM)); }
BREAK(slab_empty) { page(t, t->slab_pfn)->inuse = 0; }
BREAK(slab_cache) { page(t, t->slab_pfn)->slab_cache.va += 64; }
BREAK(slab_inuse) { page(t, t->slab_pfn)->inuse++; }
BREAK(slab_list) { page(t, t->slab_pfn)->freelist = ptr(0); }
BREAK(cache_inuse) { t->caches[SLAB_VMA]->nr_inuse--; }
BREAK(cache_slabs) { t->caches[SLAB_VMA]->nr_slabs++; }
BREAK(poison) { ((uint8_t *)at(t, page(t, t->slab_pfn)->freelist.va))[100] = 0; }
BREAK(leak_vma) { tiny_alloc(t, SLAB_VMA); }
BREAK(leak_mm) { tiny_alloc(t, SLAB_MM); }
BREAK(leak_task) { tiny_alloc(t, SLAB_TASK); }
BREAK(leak_anon) { tiny_alloc(t, SLAB_ANON); }
BREAK(leak_avc) { tiny_alloc(t, SLAB_AVC); }
/* Objects of these caches, of which the lists tell nothing. */
BREAK(leak_inode) { strcpy(t->caches[SLAB_ANON]->name, "inode_cache"); }
BREAK(leak_node) { strcpy(t->caches[SLAB_ANON]->name, "radix_tree_node"); }

static struct inode *the_inode(struct tiny *t) { return AT(inode, t, TINY_INODE); }

BREAK(cached_anon) { the_inode(t)->i_data.i_pages.xa_head = ptr(tiny_page_va(t, t->own_pfn)); }
BREAK(cached_beyond)
{
	the_inode(t)->i_data.i_pages.xa_head = ptr(tiny_page_va(t, t->file_pfn));
	the_inode(t)->i_size = 0;
}
BREAK(nrpages) { the_inode(t)->i_data.nrpages++; }
BREAK(uncached) { page(t, t->own_pfn)->mapping = ptr(TINY_MAPPING); }
BREAK(node_count)
{
	AT(xa_node, t, kva(1500))->count = 1;
	the_inode(t)->i_data.i_pages.xa_head = ptr(kva(1500) | XA_INTERNAL);
}
BREAK(entry_name) { strcpy(AT(dentry, t, TINY_DENTRY)->d_name, "a/b"); }
BREAK(entry_parent) { AT(dentry, t, TINY_DENTRY)->d_parent = ptr(TINY_DENTRY); }
BREAK(entry_inode) { AT(dentry, t, TINY_DENTRY)->d_inode.va += 8; }
BREAK(entry_last) { AT(dentry, t, TINY_ROOT)->d_last = ptr(TINY_ROOT); }
BREAK(entry_count) { AT(dentry, t, TINY_DENTRY)->d_count = 1; }
BREAK(inode_links) { the_inode(t)->i_nlink++; }
BREAK(inode_writers) { the_inode(t)->i_writecount = 0; }
BREAK(inode_refs) { the_inode(t)->i_count = 0; }
BREAK(inode_locked) { the_inode(t)->i_data.i_mmap_rwsem.count = -1; }
BREAK(not_in_i_mmap) { the_inode(t)->i_data.i_mmap.rb_node = ptr(0); }
BREAK(file_refs) { AT(file, t, TINY_OPEN_FILE)->f_count = 0; }
BREAK(file_leaked)
{
	AT(file, t, TINY_OPEN_FILE)->f_count++;
	AT(task_struct, t, t->a)->state = AT(task_struct, t, t->b)->state = AT(task_struct, t, t->thread)->state = TASK_RUNNING;
}
BREAK(file_ops) { AT(file, t, TINY_OPEN_FILE)->f_op = ptr(0x1234); }
BREAK(file_other_ops) { AT(file, t, TINY_OPEN_FILE)->f_op.va += 8; }
BREAK(inode_a_ops) { the_inode(t)->i_data.a_ops.va += 4; }
BREAK(inode_memory_ops) { the_inode(t)->i_data.a_ops.va += 8; } /* those of files in memory */
BREAK(inode_i_fop) { the_inode(t)->i_fop = ptr(TINY_FILE_OPS + 8); }
BREAK(inode_i_op) { the_inode(t)->i_op = ptr(TINY_DIR_OPS); }
BREAK(plain_private) { AT(file, t, TINY_OPEN_FILE)->private_data = ptr(1); }
BREAK(file_mode) { AT(file, t, TINY_OPEN_FILE)->f_mode |= 1u << 9; }
BREAK(file_dentry) { AT(file, t, TINY_OPEN_FILE)->f_dentry = ptr(TINY_ROOT); }
BREAK(backing_outside) { the_inode(t)->i_backing = ptr(kva(t->own_pfn)); }
BREAK(inode_vm_flags) { the_inode(t)->i_vm_flags = VM_ACCOUNT; }
BREAK(inode_pipe)
{
	struct file *file = AT(file, t, t->pipe_end);

	AT(inode, t, file->f_inode.va)->i_private.va += 8;
}
BREAK(inode_type) { the_inode(t)->i_mode = 0; }
BREAK(inode_rdev) { the_inode(t)->i_rdev = 0x101; }
BREAK(inode_backing) { the_inode(t)->i_backing_size = PAGE_SIZE; }
BREAK(wipe_file) { vma(t, t->text_a)->vm_flags |= VM_WIPEONFORK; }
BREAK(private_data) { vma(t, t->heap_a)->vm_private_data = ptr(1); }
BREAK(no_program) { mm_a(t)->exe_file = ptr(0); }
BREAK(brk_above_stack) { mm_a(t)->brk = mm_a(t)->start_stack + PAGE_SIZE; }
BREAK(free_mapcount) { page(t, t->free_pfn)->_mapcount = 0; }
/* Of the host's folder all of a sudden, with a page that the host never gave; or without a number there. */
BREAK(given_otherwise)
{
	the_inode(t)->i_data.i_pages.xa_head = ptr(tiny_page_va(t, t->file_pfn));
	the_inode(t)->i_flags = S_HOST;
	the_inode(t)->i_private = ptr(7);
}
BREAK(no_host_node) { the_inode(t)->i_flags = S_HOST; }
BREAK(cached_reserved) { the_inode(t)->i_data.i_pages.xa_head = ptr(tiny_page_va(t, t->file_pfn)); }
BREAK(wrong_last) { vma(t, t->text_a)->shared.rb_subtree_last++; }
/* Segments of this cache, of which the list tells nothing. */
BREAK(leak_segment) { strcpy(t->caches[SLAB_ANON]->name, "shmid_kernel"); }

static struct shmid_kernel *segment(struct tiny *t) { return at(t, t->segment); }
static struct ipc_namespace *ipc_ns(struct tiny *t) { return at(t, t->lab->ipc_ns.va); }

BREAK(nattch) { segment(t)->shm_nattch++; }
BREAK(segments_in_use) { ipc_ns(t)->shm_ids.in_use++; }
BREAK(segment_id) { segment(t)->shm_perm.id = -5; }
BREAK(shm_tot) { ipc_ns(t)->shm_tot++; }
BREAK(locked_shm) { segment(t)->shm_perm.mode &= ~SHM_LOCKED; }
BREAK(segment_size) { segment(t)->shm_segsz--; }
BREAK(segment_dest) { segment(t)->shm_perm.mode |= SHM_DEST; }
BREAK(segment_mode) { segment(t)->shm_perm.mode |= 1u << 20; }
BREAK(segment_evictable)
{
	struct file *file = at(t, segment(t)->shm_file.va);

	((struct inode *)at(t, file->f_inode.va))->i_flags &= ~S_UNEVICTABLE;
}
BREAK(segments_locked) { ipc_ns(t)->shm_ids.rwsem.count = 1; }
BREAK(segment_file) { segment(t)->shm_file = ptr(8); }
BREAK(no_ipc_ns) { t->lab->ipc_ns = ptr(0); }
/* Pipes of this cache, of which the list tells nothing. */
BREAK(leak_pipe) { strcpy(t->caches[SLAB_ANON]->name, "pipe_inode_info"); }

static struct pipe_inode_info *the_pipe(struct tiny *t) { return at(t, t->pipe); }

BREAK(pipe_overfull) { the_pipe(t)->head = the_pipe(t)->tail + PIPE_DEF_BUFFERS + 1; }
BREAK(pipe_bytes) { the_pipe(t)->bufs[1].offset = PAGE_SIZE - 6; }
BREAK(pipe_anon) { the_pipe(t)->bufs[1].page = ptr(tiny_page_va(t, t->own_pfn)); }
BREAK(pipe_page_twice) { the_pipe(t)->bufs[1].page = the_pipe(t)->tmp_page; }
BREAK(pipe_lost_page) { the_pipe(t)->tail++; }
BREAK(pipe_no_end) { the_pipe(t)->readers = the_pipe(t)->writers = 0; }
BREAK(pipe_readers) { the_pipe(t)->readers++; }
BREAK(pipe_writers) { AT(file, t, t->pipe_end)->f_mode |= FMODE_WRITE; }
BREAK(pipe_of_another) { AT(file, t, t->pipe_end)->private_data.va += 8; }
BREAK(two_files) /* a device's, say, with one thing behind both */
{
	struct file *file = AT(file, t, t->pipe_end);

	AT(inode, t, file->f_inode.va)->i_mode = 0600 | LX_S_IFCHR;
	file[0].private_data = file[1].private_data = ptr(t->heap_a);
}
BREAK(private_nowhere)
{
	struct file *file = AT(file, t, t->pipe_end);

	AT(inode, t, file->f_inode.va)->i_mode = 0600 | LX_S_IFCHR;
	file->private_data = ptr(t->heap_a + 8);
}
BREAK(nobodys_eventfd) { strcpy(t->caches[SLAB_ANON]->name, "eventfd_ctx"); }
BREAK(attachment) { AT(file, t, t->pipe_end)->f_inode = AT(file, t, segment(t)->shm_file.va)->f_inode; }
BREAK(pipe_locked) { the_pipe(t)->mutex.locked = 1; }
BREAK(wild_pipes) { t->lab->pipes = ptr(3); }
BREAK(freed_vma) { tiny_free(t, SLAB_VMA, t->heap_a); }
BREAK(freed_mm) { tiny_free(t, SLAB_MM, t->mm_b); }

/** The anon_vma's chain on top of its tree. */
static struct anon_vma_chain *top_avc(struct tiny *t, uint64_t anon_vma)
{
	return at_avc(t, anon(t, anon_vma)->rb_root.rb_node);
}

BREAK(avc_off_anon) { anon(t, vma(t, t->data_a)->anon_vma.va)->rb_root.rb_node = ptr(0); }
BREAK(tree_red_top) { top_avc(t, t->anon_child)->rb.__rb_parent_color = 0; }
BREAK(tree_parent) { top_avc(t, t->anon_child)->rb.__rb_parent_color |= 0x100; }
BREAK(tree_unbalanced)
{
	at_avc(t, top_avc(t, t->anon_root)->rb.rb_right)->rb.__rb_parent_color |= 1;
}
BREAK(tree_last) { top_avc(t, t->anon_root)->rb_subtree_last--; }
BREAK(tree_order)
{
	top_avc(t, t->anon_root)->rb.rb_left = top_avc(t, t->anon_root)->rb.rb_right;
	top_avc(t, t->anon_root)->rb.rb_right = ptr(0);
	vma(t, t->cow_b)->vm_pgoff++;
}
BREAK(rmap_blind) { top_avc(t, t->anon_root)->rb_subtree_last = 0; }
BREAK(rmap_lost) { top_avc(t, t->anon_root)->rb.rb_right = ptr(0); }
BREAK(rmap_elsewhere) { page(t, t->own_pfn)->index++; }
BREAK(rmap_file_blind) { vma(t, t->text_a)->shared.rb_subtree_last = 0, page(t, t->file_pfn)->index = 1; }
BREAK(i_mmap_red) { vma(t, t->text_a)->shared.rb.__rb_parent_color = 0; }
BREAK(avc_vma) { first_avc(t, t->data_a)->vma = ptr(t->heap_a); }
BREAK(avc_anon) { first_avc(t, t->data_a)->anon_vma = ptr(t->anon_root); }
BREAK(anon_swapped)
{
	anon(t, vma(t, t->data_a)->anon_vma.va)->num_active_vmas--;
	vma(t, t->data_a)->anon_vma = vma(t, t->none_a)->anon_vma;
	anon(t, vma(t, t->data_a)->anon_vma.va)->num_active_vmas++;
}
BREAK(anon_gone) { vma(t, t->data_a)->anon_vma = ptr(0); }
BREAK(anon_root) { anon(t, t->anon_child)->root = vma(t, t->data_a)->anon_vma; }
BREAK(anon_active) { anon(t, t->anon_root)->num_active_vmas++; }
BREAK(anon_children) { anon(t, t->anon_root)->num_children--; }
BREAK(anon_refcount) { anon(t, t->anon_root)->refcount--; }
BREAK(page_no_anon) { page(t, t->own_pfn)->mapping = ptr(7); }
BREAK(page_other_anon) { page(t, t->own_pfn)->mapping = ptr(t->anon_child | PAGE_MAPPING_ANON); }

BREAK(brk_unmapped) { mm_a(t)->brk += 5 * PAGE_SIZE; }
BREAK(file_of_another)
{
	/* Two pages of one file, of two mappings. */
	vma(t, t->text_a)->vm_end += PAGE_SIZE;
	*page(t, t->file_pfn + 1) = *page(t, t->file_pfn);
	page(t, t->file_pfn + 1)->mapping.va += 64;
	page(t, t->file_pfn + 1)->index = 1;
	*pte(t, t->file_va + PAGE_SIZE) = *pte(t, t->file_va) + PAGE_SIZE;
}
BREAK(stack_hits)
{
	struct lab_event *event = &t->lab->events[t->lab->event_head++];

	vma(t, t->stack_a)->vm_start = t->zero_va + 20 * PAGE_SIZE;
	*event = (struct lab_event){ .type = LAB_EV_FAULT, .pid = 2,
				     .args = { t->zero_va + 20 * PAGE_SIZE + 8, 6,
					       LAB_FAULT_ANON | LAB_FAULT_GREW } };
}

static const struct {
	const char *id;			/* the invariant that must name it */
	const char *name;
	void (*corrupt)(struct tiny *t);
} corruptions[] = {
#define ROW(id, name) { id, #name, name }
	ROW("lab-sound", lab_magic), ROW("lab-sound", lab_ram_end), ROW("lab-sound", lab_mem_map),
	ROW("lab-sound", lab_cpus), ROW("lab-sound", lab_frontier), ROW("pointers-sound", wild_mm),
	ROW("pointers-sound", wild_next), ROW("pointers-sound", wild_stack),
	ROW("pointers-sound", wild_free), ROW("pointers-sound", wild_init_task),
	ROW("lists-sound", mmlist_prev), ROW("lists-sound", mmlist_cycle),
	ROW("lists-sound", area_cycle), ROW("tree-sound", rb_cycle), ROW("pgd-sound", odd_pgd),
	ROW("bounded", endless_damage), ROW("area-order", overlap), ROW("area-extent", unaligned),
	ROW("area-extent", empty_area), ROW("area-extent", low_area), ROW("area-extent", high_area),
	ROW("area-links", vm_prev_zero), ROW("area-members", not_in_list), ROW("area-mm", wrong_mm),
	ROW("area-prot", wrong_prot), ROW("area-flags", unknown_flag),
	ROW("area-flags", right_without_may), ROW("area-kind", no_ops), ROW("area-kind", ops_between), ROW("highest-end", highest),
	ROW("vmacache", stale_cache), ROW("vmacache", freed_cache), ROW("rb-order", swap_children),
	ROW("area-members", swap_children), ROW("rb-colour", red_root), ROW("rb-balance", recolour),
	ROW("rb-balance", recolour_leaf), ROW("rb-colour", red_red), ROW("rb-parent", parent),
	ROW("rb-gap", gap), ROW("map-count", map_count), ROW("total-vm", total_vm),
	ROW("data-vm", data_vm), ROW("exec-vm", exec_vm), ROW("stack-vm", stack_vm),
	ROW("locked-vm", locked_vm), ROW("committed", committed), ROW("rss", rss), ROW("rss", rss_kind),
	ROW("pgtables-bytes", pgtables_bytes), ROW("mm-layout", layout), ROW("mm-users", mm_users),
	ROW("mm-count", mm_count), ROW("mm-count", init_mm_count), ROW("mm-count", proc_mm),
	ROW("mmlist", off_mmlist),
	ROW("active-mm", active_mm), ROW("task-mm", kthread_mm), ROW("task-mm", zombie_mm),
	ROW("pids", same_pid), ROW("families", orphan), ROW("families", thread_mm),
	ROW("mm-locks", mmap_lock), ROW("mm-locks", page_table_lock), ROW("locks", zone_lock),
	ROW("locks", cache_lock), ROW("locks", anon_lock), ROW("cr3", cr3), ROW("cr0", cr0),
	ROW("cr4", cr4), ROW("efer", efer), ROW("entry-reserved", efer), ROW("current", current),
	ROW("current", current_sleeps), ROW("kernel-stack", kernel_sp), ROW("cpu-self", cpu_self),
	ROW("cpu-self", gs), ROW("cpu-bitmap", cpu_bitmap), ROW("no-irq", in_irq),
	ROW("translation", translation), ROW("table-once", table_twice), ROW("table-once", table_lost),
	ROW("frame-refs", table_lost), ROW("table-frame", table_type), ROW("table-owner", table_level),
	ROW("table-owner", table_mm), ROW("table-rights", table_rights),
	ROW("table-needed", table_useless), ROW("table-ram", table_outside),
	ROW("upper-half", upper_half), ROW("entry-zero", entry_garbage),
	ROW("entry-reserved", reserved), ROW("leaf-area", stray_leaf),
	ROW("leaf-write", text_writable), ROW("leaf-file", text_writable),
	ROW("leaf-exclusive", cow_writable), ROW("leaf-exclusive", own_not_exclusive),
	ROW("leaf-exec", data_executable), ROW("leaf-exec", text_nx),
	ROW("leaf-access", present_in_none), ROW("leaf-user", supervisor),
	ROW("leaf-frame", maps_slab), ROW("leaf-frame", maps_outside),
	ROW("leaf-frame", maps_untouched), ROW("leaf-size", huge), ROW("leaf-bits", leaf_bit),
	ROW("leaf-zero", zero_writable), ROW("leaf-zero", zero_shared),
	ROW("leaf-special", zero_plain), ROW("leaf-special", own_special),
	ROW("leaf-special", device_counted), ROW("leaf-soft-dirty", write_unseen), ROW("leaf-device", device_in_anon),
	ROW("leaf-device", file_in_device), ROW("area-device", no_device_flags),
	ROW("area-device", device_locked), ROW("device-areas", device_areas),
	ROW("prot-none", none_readable), ROW("leaf-index", page_index), ROW("leaf-index", file_index),
	ROW("fork-copied", fork_copied_text), ROW("fork-unlocked", fork_locks), ROW("vmacache-number", same_cache_number), ROW("exec-noted", exec_moved),
	ROW("exec-noted", fork_moved),
	ROW("fault-once", faulted_twice), ROW("fault-lock", write_locked_fault), ROW("stack-gap", placed_in_gap), ROW("leaf-shared", anon_shared), ROW("leaf-file", file_in_anon), ROW("kernel-wx", kernel_wx), ROW("kernel-user", kernel_user),
	ROW("kernel-linear", kernel_alias), ROW("kernel-image", text_patched),
	ROW("kernel-image", image_hole), ROW("kernel-direct", direct_hole),
	ROW("kernel-direct", direct_image), ROW("zero-content", zero_dirty), ROW("events", ring),
	ROW("frame-role", no_role), ROW("frame-role", lost_free), ROW("frame-use", slab_type),
	ROW("frame-use", shared_stack), ROW("frame-refs", refcount), ROW("frame-refs", table_refs),
	ROW("frame-refs", stack_refs), ROW("frame-refs", leaked_page), ROW("frame-maps", mapcount),
	ROW("frame-flags", page_flags), ROW("frame-flags", exclusive_shared),
	ROW("buddy-block", block_order), ROW("buddy-block", block_type), ROW("buddy-tail", tail_type),
	ROW("buddy-merged", unmerged), ROW("buddy-count", nr_free), ROW("zone-free", zone_free),
	ROW("zone-bounds", zone_end), ROW("zone-bounds", initrd), ROW("free-unused", free_mapped), ROW("leaf-frame", free_mapped),
	ROW("free-unused", free_refs), ROW("free-zero", free_dirty),
	ROW("cache-geometry", cache_objects), ROW("slab-page", slab_empty),
	ROW("slab-page", slab_cache), ROW("slab-inuse", slab_inuse), ROW("slab-inuse", slab_list),
	ROW("cache-count", cache_inuse), ROW("cache-count", cache_slabs), ROW("slab-poison", poison),
	ROW("vma-slab", leak_vma), ROW("vma-slab", freed_vma), ROW("mm-slab", leak_mm),
	ROW("mm-slab", freed_mm), ROW("task-slab", leak_task), ROW("anon-vma-slab", leak_anon),
	ROW("avc-slab", leak_avc), ROW("inode-slab", leak_inode), ROW("node-slab", leak_node),
	ROW("cache-pages", cached_anon), ROW("cache-size", cached_beyond), ROW("cache-size", nrpages),
	ROW("cache-held", uncached), ROW("cache-index", node_count), ROW("dentry-tree", entry_name), ROW("dentry-tree", entry_parent), ROW("dentry-tree", entry_inode),
	ROW("dentry-tree", entry_last), ROW("dentry-count", entry_count), ROW("inode-links", inode_links), ROW("inode-users", inode_writers),
	ROW("inode-fields", inode_refs),
	ROW("inode-fields", inode_locked), ROW("i-mmap", not_in_i_mmap), ROW("i-mmap-last", wrong_last), ROW("i-mmap-last", i_mmap_red),
	ROW("file-count", file_refs), ROW("file-count", file_leaked), ROW("file-fields", file_ops), ROW("file-fields", file_other_ops),
	ROW("inode-fields", inode_a_ops), ROW("inode-fields", inode_memory_ops), ROW("inode-fields", inode_i_fop),
	ROW("inode-fields", inode_i_op), ROW("file-fields", file_mode), ROW("file-fields", file_dentry), ROW("inode-fields", backing_outside),
	ROW("inode-fields", inode_vm_flags), ROW("inode-fields", inode_pipe), ROW("file-private", plain_private), ROW("file-private", pipe_of_another),
	ROW("file-private", two_files), ROW("file-private", private_nowhere), ROW("file-private", nobodys_eventfd),
	ROW("file-private", attachment), ROW("inode-fields", inode_type), ROW("inode-fields", inode_rdev), ROW("inode-fields", inode_backing),
	ROW("area-flags", no_mayexec), ROW("area-flags", no_maywrite), ROW("area-flags", dontexpand),
	ROW("area-flags", noreserve_committed), ROW("rlimits", wild_limits), ROW("rlimits", leaked_limits),
	ROW("area-flags", wipe_file), ROW("area-kind", private_data), ROW("mm-defaults", no_program),
	ROW("mm-layout", brk_above_stack), ROW("free-unused", free_mapcount), ROW("frame-flags", cached_reserved),
	ROW("pipe-slab", leak_pipe), ROW("pipe-ring", pipe_overfull), ROW("pipe-ring", pipe_bytes),
	ROW("pipe-ring", pipe_anon), ROW("pipe-ring", pipe_page_twice), ROW("frame-refs", pipe_page_twice),
	ROW("frame-refs", pipe_lost_page), ROW("pipe-ends", pipe_no_end), ROW("pipe-ends", pipe_readers), ROW("pipe-ends", pipe_writers), ROW("pipe-ends", pipe_locked),
	ROW("pointers-sound", wild_pipes),
	ROW("shm-slab", leak_segment), ROW("shm-nattch", nattch), ROW("shm-ids", segments_in_use),
	ROW("shm-ids", segment_id), ROW("shm-totals", shm_tot), ROW("shm-totals", locked_shm),
	ROW("shm-fields", segment_size), ROW("shm-fields", segment_dest), ROW("shm-fields", segment_mode),
	ROW("shm-fields", segments_locked), ROW("shm-fields", segment_evictable), ROW("pointers-sound", segment_file), ROW("pointers-sound", no_ipc_ns),
	ROW("avc-lists", avc_off_anon), ROW("avc-names", avc_vma),
	ROW("avc-names", avc_anon), ROW("anon-tree", tree_red_top), ROW("anon-tree", tree_parent),
	ROW("anon-tree", tree_unbalanced), ROW("anon-tree", tree_last), ROW("anon-tree", tree_order),
	ROW("rmap-complete", rmap_blind), ROW("rmap-complete", rmap_lost), ROW("rmap-complete", rmap_elsewhere),
	ROW("rmap-complete", rmap_file_blind), ROW("anon-link", anon_swapped), ROW("page-rmap", page_other_anon),
	ROW("anon-none", anon_gone), ROW("anon-root", anon_root), ROW("anon-counts", anon_active),
	ROW("anon-counts", anon_children), ROW("anon-refs", anon_refcount),
	ROW("page-anon", page_no_anon), ROW("brk-grown", brk_unmapped), ROW("stack-gap", stack_hits),
	ROW("area-flags", shared_anon_flag), ROW("area-account", not_committed),
	ROW("area-kind", ops_elsewhere), ROW("mm-layout", args_overlap),
	ROW("mm-placement", mmap_base), ROW("mm-placement", placement_function),
	ROW("mm-placement", other_function), ROW("mm-placement", bottom_up), ROW("mm-placement", other_base), ROW("mm-defaults", mm_flag),
	ROW("mm-layout", args_apart), ROW("cache-geometry", cache_name), ROW("area-kind", shared_used), ROW("mm-placement", legacy_base),
	ROW("mm-defaults", on_fault_alone),
	ROW("mm-placement", task_size), ROW("mm-defaults", pinned), ROW("mm-defaults", def_flags),
	ROW("tlb-stale", not_flushed), ROW("tlb-free", freed_early), ROW("tlb-table", table_freed_early),
	ROW("tlb-dirty", dirty_not_flushed), ROW("content-written", write_lost), ROW("content-written", fill_lost),
	ROW("content-untouched", changed_asleep), ROW("content-shared", leak_through_cow),
	ROW("content-readonly", readonly_changed), ROW("content-readonly", file_page_changed),
	ROW("content-fresh", new_page_dirty), ROW("content-fork", fork_other_bytes),
	ROW("content-dontneed", dontneed_kept), ROW("content-root", given_otherwise), ROW("inode-fields", no_host_node), ROW("hiwater", hiwater), ROW("hiwater-grows", hiwater_falls),
	ROW("hiwater-grows", hiwater_rss_falls), ROW("families", leaderless),
	ROW("failed-call", failed_and_changed), ROW("merged", not_merged),
	ROW("locked-pages", locked_page_gone), ROW("write-locked", changed_unlocked),
	ROW("access", fault_from_nowhere), ROW("access", no_fault_where_one_must_be),
	ROW("sessions", group_of_two_sessions), ROW("sessions", session_leader_moved), ROW("sessions", no_session),
	ROW("cred-usage", cred_usage), ROW("pointers-sound", cred_wild), ROW("cred-fields", cred_effective),
	ROW("cred-fields", cred_ambient), ROW("cred-fields", cred_no_cap), ROW("cred-fields", cred_groups),
	ROW("cred-fields", cred_unsorted),
	ROW("task-fields", task_flag), ROW("task-fields", comm), ROW("task-fields", exit_code),
	ROW("channels", channel_pid), ROW("channels", channel_lost), ROW("channels", channel_dead),
	ROW("task-stack", stack_outside), ROW("task-stack", stack_tail),
	ROW("kernel-bits", kernel_bit), ROW("kernel-bits", kernel_table_user),
	ROW("kernel-bits", kernel_pat), ROW("frame-fields", anon_order),
	ROW("frame-fields", page_private), ROW("frame-fields", table_mapcount),
	ROW("frame-fields", zero_type), ROW("cache-geometry", cache_size), ROW("cache-geometry", kmalloc_size),
	ROW("poison-entry", poison_of_sound_frame), ROW("poison-frame", poison_count),
	ROW("slab-page", slab_other_cache), ROW("leaf-file", file_of_another),
#undef ROW
};
/* clang-format on */
#define NR_CORRUPTIONS (sizeof(corruptions) / sizeof(corruptions[0]))

#endif

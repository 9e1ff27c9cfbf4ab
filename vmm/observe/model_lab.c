/* SPDX-License-Identifier: MIT */
/*
 * What the rest of the decoding stands on: the lab page and whether it is plausible, the zone, what each
 * CPU says of itself.
 */
#include "observe/build.h"

#include <string.h>

#define PFN_OF(pa) ((pa) >> PAGE_SHIFT)

/** Why the lab page cannot be believed, or NULL. */
static const char *lab_nonsense(const struct build *b, const struct lab_page *lab)
{
	uint64_t nr_frames = PFN_OF(lab->ram_end);

	if (lab->magic != LAB_MAGIC)
		return "its magic is wrong";
	if (lab->abi_version != LAB_ABI_VERSION)
		return "its abi_version is not this program's";
	if (lab->nr_cpus == 0 || lab->nr_cpus > MAX_CPUS)
		return "nr_cpus is not plausible";
	if (lab->ram_end % PAGE_SIZE || lab->ram_end <= IMAGE_REGION ||
	    !image_ptr(b->image, (gpa_t){lab->ram_end - PAGE_SIZE}, PAGE_SIZE))
		return "ram_end is not the end of RAM (has the guest finished booting?)";
	if (lab->mem_map_start_pfn >= lab->mem_map_end_pfn || lab->mem_map_end_pfn > nr_frames ||
	    (lab->mem_map_end_pfn - lab->mem_map_start_pfn) * PAGE_SIZE / sizeof(struct page) < nr_frames)
		return "mem_map has no room for every frame";
	if (lab->zero_pfn >= nr_frames)
		return "zero_pfn is outside RAM";
	return NULL;
}

/** Copy the lab page without what the mailboxes carry. */
static bool read_lab(const struct build *b, struct lab_page *lab)
{
	uint64_t pa = b->image->lab_pa;
	const uint8_t *at = image_ptr(b->image, (gpa_t){pa}, sizeof(*lab));

	if (!at || pa == 0)
		return false;
	memcpy(lab, at, offsetof(struct lab_page, channels));
	at += offsetof(struct lab_page, channels);
	for (unsigned int i = 0; i < AGENT_CHANNELS; i++)
		memcpy(&lab->channels[i], at + i * sizeof(struct lab_channel),
		       offsetof(struct lab_channel, cmd));
	return true;
}

bool decode_lab(struct build *b)
{
	struct model *model = b->model;
	const char *why = "there is none in this image";
	gpa_t mem_map;

	if (read_lab(b, &model->lab))
		why = lab_nonsense(b, &model->lab);
	if (!why && (!image_linear(b->image, model->lab.mem_map, sizeof(struct page), &mem_map) ||
		     PFN_OF(mem_map.pa) != model->lab.mem_map_start_pfn || mem_map.pa % PAGE_SIZE))
		why = "mem_map and mem_map_start_pfn disagree";
	if (!why && !read_struct(b, model->lab.zone, &model->zone, sizeof(model->zone)))
		why = "the zone cannot be read";
	if (why) {
		add_damage(b, DAMAGE_LAB, b->image->lab_pa, -1, "lab page at physical %#lx: %s",
			   b->image->lab_pa, why);
		return false;
	}
	model->nr_frames = PFN_OF(model->lab.ram_end);
	return true;
}

void decode_cpus(struct build *b, const struct cpu_state *cpus, uint32_t nr_cpus)
{
	struct model *model = b->model;

	model->nr_cpus = nr_cpus;
	model->cpus = xcalloc(nr_cpus + 1, sizeof(*model->cpus));
	model->cpu_infos = xcalloc(nr_cpus + 1, sizeof(*model->cpu_infos));
	if (nr_cpus)
		memcpy(model->cpus, cpus, nr_cpus * sizeof(*cpus));
	model->mode = nr_cpus ? walk_mode_of(&cpus[0])
			      : (struct walk_mode){.nxe = true, .gbpages = true, .maxphyaddr = 52};
	if (model->lab.magic != LAB_MAGIC)
		return;
	if (model->lab.nr_cpus != nr_cpus)
		add_damage(b, DAMAGE_LAB, b->image->lab_pa, -1, "lab.nr_cpus is %u, the machine has %u",
			   model->lab.nr_cpus, nr_cpus);
	for (uint32_t i = 0; i < nr_cpus && i < model->lab.nr_cpus; i++) {
		gva_t at = {model->lab.cpus.va + i * sizeof(struct cpu_info)};

		if (!read_struct(b, at, &model->cpu_infos[i], sizeof(struct cpu_info)))
			add_damage(b, DAMAGE_BAD_POINTER, at.va, -1,
				   "cpu_info of CPU %u at %#lx cannot be read", i, at.va);
	}
}

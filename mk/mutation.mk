# Wrong edits of the guest's source, each built and put through every scenario (tests/mutation). JOBS=n at a time.

.PHONY: mutate-source
mutate-source: all ## prove the verifier by wrong edits of the guest's source; EDITS="names" for some (docs/detection.md)
	$(Q)tests/mutation/run $(BUILD) $(EDITS)

SEED ?= 1
COUNT ?= 40
.PHONY: mutate-generated
mutate-generated: all ## the same with COUNT edits that tests/mutation/generate makes of guest/mm by SEED
	$(Q)tests/mutation/generate $(SEED) $(COUNT) > $(BUILD)/generated.edits
	$(Q)EDITS_FROM=$(BUILD)/generated.edits tests/mutation/run $(BUILD)

# A rich state of each kind, and enough others that every corruption can be done somewhere; `make mutate` takes all.
MUTATE_SOME := $(addprefix tests/scenarios/,$(addsuffix .lua,inject_state brk clone_vm cow cow_generations exec file_merge files \
	fork_tree growsdown isolation lazy_mm madvise_flags map_locked memfd merge_cases mlock mprotect_split_merge mremap pipe poison \
	prot_none stack_growth table_levels threads words_for_areas zero_page))

.PHONY: mutate mutate-some
mutate: all ## break guests on purpose, in every scenario's richest state: is each corruption found? (build/mutation.html)
	$(Q)tests/mutation/catalogue $(BUILD) --instances 3 --flips 40 -- tests/scenarios/*.lua

mutate-some: all
	$(Q)tests/mutation/catalogue $(BUILD) --instances 1 --flips 2 -- $(MUTATE_SOME)

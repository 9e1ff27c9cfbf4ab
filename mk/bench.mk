# Figures, each as a ratio to a baseline measured in the same run. ROUNDS=n sets how often.

ROUNDS ?= 40
BENCH_FLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -static \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(BENCH_FLAGS) -o $@ $<

# With the vmm's own sources: what it costs to look, and what a step in lockstep is made of.
$(BUILD)/bench/verify $(BUILD)/bench/lockstep: $(BUILD)/bench/%: tests/bench/%.c $(filter-out %/vmm/main.c.o,$(VMM_OBJ))
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(VMM_FLAGS) -static -o $@ $< $(filter-out %/vmm/main.c.o,$(VMM_OBJ)) $(VMM_LIBS)

.PHONY: bench
bench: all $(addprefix $(BUILD)/bench/,bare ratio verify lockstep) ## measure start-up against a bare KVM program, count instructions of boot and of each operation
	$(Q)tests/bench/run $(BUILD) $(ROUNDS)

.PHONY: bench-nested
bench-nested: all nested-files $(BUILD)/bench/user ## one program's micro-benchmarks on this host's Linux, on Linux 6.1 and on the guest, as ratios
	$(Q)NESTED_DIR=$(NESTED) tests/bench/user-ratios $(BUILD)

# Figures, each as a ratio to a baseline measured in the same run. ROUNDS=n sets how often.

ROUNDS ?= 40
BENCH_FLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -static \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(BENCH_FLAGS) -o $@ $<

.PHONY: bench
bench: all $(BUILD)/bench/bare $(BUILD)/bench/ratio ## measure start-up against a bare KVM program, count instructions of boot and of each operation
	$(Q)tests/bench/run $(BUILD) $(ROUNDS)

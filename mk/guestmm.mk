# guest/mm compiled for the host: Criterion tests, the fuzzer of areas, and lockstep with Linux.

GUESTMM := $(BUILD)/tests/guestmm
# quote: guest/include has a signal.h of its own, which must not take the C library's place.
GUESTMM_FLAGS := -std=gnu11 -O1 -g -fno-strict-aliasing -DMM_DEBUG=1 -Wall -Wextra -Werror -Wno-unused-function \
	-Wno-unused-variable -iquote tests/guestmm -iquote guest/include -iquote shared $(SAN)
GUESTMM_SRC := $(sort $(wildcard tests/guestmm/*_test.c))
GUESTMM_BIN := $(patsubst tests/guestmm/%.c,$(GUESTMM)/%,$(GUESTMM_SRC))
# Random operations of the fuzzer in one run; `make check` does short ones. Even seeds never run out of memory.
OPS ?= 10000000
SEED ?= 2
STEPS ?= 800
SEEDS ?= 1 2 3

$(GUESTMM)/%_test: tests/guestmm/%_test.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(GUESTMM_FLAGS) -MMD -MP -MF $@.d -o $@ $< -lcriterion

$(GUESTMM)/fuzz_areas: tests/guestmm/fuzz_areas.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(GUESTMM_FLAGS) -MMD -MP -MF $@.d -o $@ $<

$(GUESTMM)/lockstep_guest: tests/guestmm/lockstep.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(GUESTMM_FLAGS) -MMD -MP -MF $@.d -o $@ $<

$(GUESTMM)/lockstep_linux: tests/guestmm/lockstep.c tests/guestmm/lockstep_linux.h
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc -std=gnu11 -O1 -g -static -no-pie -Wall -Wextra -Werror -DON_LINUX -iquote tests/guestmm -o $@ $<

-include $(addsuffix .d,$(GUESTMM_BIN) $(GUESTMM)/fuzz_areas $(GUESTMM)/lockstep_guest)

.PHONY: unit-guestmm fuzz-areas lockstep
unit-guestmm: $(GUESTMM_BIN) $(GUESTMM)/fuzz_areas ## guest/mm compiled for the host, under ASan and UBSan
	$(Q)$(GUESTMM)/fuzz_areas 200000 1
	$(Q)$(GUESTMM)/fuzz_areas 200000 2
	$(Q)tests/unit/run guestmm $(GUESTMM_BIN)

fuzz-areas: $(GUESTMM)/fuzz_areas ## OPS random operations on areas against a naive reference (SEED=n)
	$(Q)$< $(OPS) $(SEED)

lockstep: nested-files $(GUESTMM)/lockstep_guest $(GUESTMM)/lockstep_linux ## STEPS random steps on guest/mm and on Linux 6.1 (SEEDS=…)
	$(Q)NESTED_DIR=$(NESTED) tests/guestmm/lockstep_check $(BUILD) $(STEPS) $(SEEDS)

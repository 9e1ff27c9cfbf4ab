# guest/mm compiled for the host: Criterion tests and the fuzzer of areas, under ASan and UBSan.

GUESTMM_FLAGS := -std=gnu11 -O1 -g -fno-strict-aliasing -DMM_DEBUG=1 -Wall -Wextra -Werror -Wno-unused-function \
	-Wno-unused-variable -iquote tests/guestmm -iquote guest/include -iquote shared $(SAN)
GUESTMM_SRC := $(sort $(wildcard tests/guestmm/*_test.c))
GUESTMM_BIN := $(patsubst tests/guestmm/%.c,$(BUILD)/tests/guestmm/%,$(GUESTMM_SRC))
# Random operations of the fuzzer in one run; `make check` does the short one.
OPS ?= 10000000
SEED ?= 1

$(BUILD)/tests/guestmm/%: tests/guestmm/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(GUESTMM_FLAGS) -MMD -MP -MF $@.d -o $@ $< -lcriterion

-include $(addsuffix .d,$(GUESTMM_BIN) $(BUILD)/tests/guestmm/fuzz_areas)

.PHONY: unit-guestmm fuzz-areas
unit-guestmm: $(GUESTMM_BIN) $(BUILD)/tests/guestmm/fuzz_areas ## guest/mm compiled for the host, under ASan and UBSan
	$(Q)tests/unit/run guestmm $(GUESTMM_BIN)
	$(Q)$(BUILD)/tests/guestmm/fuzz_areas 200000 $(SEED)

fuzz-areas: $(BUILD)/tests/guestmm/fuzz_areas ## OPS random operations on areas against a naive reference (SEED=n)
	$(Q)$< $(OPS) $(SEED)

# Fuzzing of observe and verify with clang's libFuzzer and with AFL++, which nothing else here needs: `make deps-fuzz` and
# `make deps-afl` install them.

FUZZ_DEPS := clang libclang-rt-14-dev
FUZZ_SECONDS ?= 60
FUZZ := $(BUILD)/fuzz
FUZZ_SRC := $(wildcard vmm/observe/*.c vmm/verify/*.c vmm/base/*.c)
FUZZ_OBJ := $(addprefix $(FUZZ)/,$(addsuffix .o,$(FUZZ_SRC)))
# NULL + 0, an empty array's end, is no fault: what pointer-overflow would add is told by ASan.
FUZZ_FLAGS := $(filter-out -Wvla,$(VMM_FLAGS)) -Wno-unknown-warning-option -fno-omit-frame-pointer \
	-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined \
	-fno-sanitize=pointer-overflow

.PHONY: deps-fuzz fuzz-observe
deps-fuzz:
	$(Q)$(MAKE) --no-print-directory deps DEPS="$(FUZZ_DEPS)"

$(FUZZ)/%.c.o: %.c
	@mkdir -p $(@D)
	$(Q)echo "  CLANG $<"
	$(Q)clang $(FUZZ_FLAGS) -O1 -MMD -MP -c $< -o $@

$(FUZZ)/observe: $(FUZZ)/tests/fuzz/observe_fuzz.c.o $(FUZZ_OBJ)
	$(Q)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ -lxxhash

# New inputs stay in $(FUZZ); the corpus in the tree is small and was merged from long runs (-merge=1).
fuzz-observe: deps-fuzz $(FUZZ)/observe ## observe and verify on arbitrary RAM and registers, FUZZ_SECONDS=60
	@mkdir -p $(FUZZ)/found
	$(Q)$(FUZZ)/observe -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=2048 -print_final_stats=1 \
		-artifact_prefix=$(FUZZ)/ $(FUZZ)/found tests/fuzz/corpus

-include $(FUZZ_OBJ:.o=.d) $(FUZZ)/tests/fuzz/observe_fuzz.c.d

# The same function under AFL++, in its persistent mode: another fuzzer mutates otherwise and meets other places. afl-fuzz itself
# ends with 0 however many inputs crashed or hung, so its figures are read.
comma := ,
AFL := $(BUILD)/afl
AFL_OBJ := $(addprefix $(AFL)/,$(addsuffix .o,$(FUZZ_SRC) tests/fuzz/observe_fuzz.c))
AFL_FLAGS := $(subst $(comma)fuzzer-no-link,,$(FUZZ_FLAGS))

.PHONY: deps-afl fuzz-observe-afl
deps-afl:
	$(Q)$(MAKE) --no-print-directory deps DEPS="$(FUZZ_DEPS) afl++"

$(AFL)/%.c.o: %.c
	@mkdir -p $(@D)
	$(Q)echo "  AFL   $<"
	$(Q)AFL_QUIET=1 afl-clang-fast $(AFL_FLAGS) -O1 -MMD -MP -c $< -o $@

$(AFL)/observe: $(AFL_OBJ)
	$(Q)AFL_QUIET=1 afl-clang-fast $(AFL_FLAGS) -fsanitize=fuzzer -o $@ $^ -lxxhash

fuzz-observe-afl: deps-afl $(AFL)/observe ## the same under AFL++, FUZZ_SECONDS=60
	$(Q)tests/fuzz/afl $(AFL)/observe tests/fuzz/corpus $(AFL)/out $(FUZZ_SECONDS)

-include $(AFL_OBJ:.o=.d)

# --- random programs ---------------------------------------------------------------------------------------
# What fails is shrunk to a scenario in $(BUILD)/fuzz (docs/fuzzing.md).

FUZZ_SEED ?= $(shell date +%s)
FUZZ_STEPS ?= 2000
FUZZ_ARGS ?=

.PHONY: fuzz
fuzz: all ## random programs, verified after every step, for FUZZ_SECONDS; FUZZ_SEED is the first
	$(Q)tests/cli/fuzz-for $(BUILD) $(FUZZ_SECONDS) $(FUZZ_SEED) --steps $(FUZZ_STEPS) $(FUZZ_ARGS)

# Real programs: each runs natively and in the guest, and must say and end the same (tests/programs/check).

PROGRAM_SRC := $(sort $(wildcard tests/programs/c/*.c))
PROGRAM_NAMES := $(patsubst tests/programs/c/%.c,%,$(PROGRAM_SRC))
PROGRAM_BIN := $(addprefix $(BUILD)/programs/glibc/,$(PROGRAM_NAMES)) $(addprefix $(BUILD)/programs/musl/,$(PROGRAM_NAMES))

$(BUILD)/programs/glibc/%: tests/programs/c/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc -std=gnu11 -O2 -static -pthread -o $@ $< -lm

$(BUILD)/programs/musl/%: tests/programs/c/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)musl-gcc -std=gnu11 -O2 -static -pthread -o $@ $< -lm

.PHONY: programs
programs: all $(PROGRAM_BIN) ## real programs, static glibc and musl ones and busybox, natively and in the guest: the same comes out
	$(Q)tests/programs/check $(BUILD)

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

# Dynamically linked and position-independent ones, with what they need, in a folder that is "/" for them. Everything in it is
# made anew by one recipe: it is the folder as a whole that is used.
DYNAMIC := $(BUILD)/programs/root

$(DYNAMIC)/made: tests/programs/dynamic/maps.c tests/programs/dynamic/elf_errors.c mk/programs.mk
	@rm -rf $(DYNAMIC) && mkdir -p $(DYNAMIC)/lib64 $(DYNAMIC)/lib/x86_64-linux-gnu $(DYNAMIC)/proc $(DYNAMIC)/tmp
	$(Q)echo "  CC    $(DYNAMIC)"
	$(Q)gcc -O1 -pie -fPIE -o $(DYNAMIC)/pie $<
	$(Q)gcc -O1 -no-pie -fno-pie -o $(DYNAMIC)/no_pie $<
	$(Q)gcc -O1 -static-pie -fPIE -o $(DYNAMIC)/static_pie $<
	$(Q)gcc -O1 -static -fno-pie -o $(DYNAMIC)/static $<
	$(Q)gcc -O1 -pie -fPIE -Wl,-z,max-page-size=0x200000 -o $(DYNAMIC)/aligned $<
	$(Q)musl-gcc -O1 -pie -fPIE -o $(DYNAMIC)/musl $<
	$(Q)gcc -O1 -static -o $(DYNAMIC)/elf_errors tests/programs/dynamic/elf_errors.c
	$(Q)printf '#!/pie with one argument\n' > $(DYNAMIC)/script && chmod +x $(DYNAMIC)/script
	$(Q)cp -L /lib64/ld-linux-x86-64.so.2 $(DYNAMIC)/lib64/
	$(Q)cp -L /lib/x86_64-linux-gnu/libc.so.6 $(DYNAMIC)/lib/x86_64-linux-gnu/
	$(Q)cp -L /lib/ld-musl-x86_64.so.1 $(DYNAMIC)/lib/
	$(Q)touch $@

DYNAMIC_NAMES := threads malloc_stress segv_setjmp
DYNAMIC_BIN := $(addprefix $(BUILD)/programs/dynamic/,$(DYNAMIC_NAMES)) $(addprefix $(BUILD)/programs/dynamic_musl/,$(DYNAMIC_NAMES))

$(BUILD)/programs/dynamic/%: tests/programs/c/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc -std=gnu11 -O2 -pthread -o $@ $< -lm

$(BUILD)/programs/dynamic_musl/%: tests/programs/c/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)musl-gcc -std=gnu11 -O2 -pthread -o $@ $< -lm

.PHONY: programs programs-root check-maps
programs-root: all $(DYNAMIC)/made $(DYNAMIC_BIN) ## Debian's own programs with their libraries, natively and in the guest with --root /: the same comes out
	$(Q)tests/programs/check-root $(BUILD)

check-maps: all nested-files $(DYNAMIC)/made ## where dynamically linked programs lie in the guest and on Linux 6.1 (nested): the same areas, and the same said of programs that are none
	$(Q)NESTED_DIR=$(NESTED) tests/programs/check-maps $(BUILD)

# Not of a C library: what it does is what its source says.
$(BUILD)/programs/space: tests/programs/space.c shared/uapi.h
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc -std=gnu11 -O1 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie -Ishared -o $@ $<

programs: all $(PROGRAM_BIN) $(BUILD)/programs/space ## real programs, static glibc and musl ones and busybox, natively and in the guest: the same comes out
	$(Q)tests/programs/check $(BUILD)
	$(Q)tests/programs/streams $(BUILD)
	$(Q)tests/programs/trace $(BUILD)

# Tests. Each suite ends with a line `SUITE: N passed, N failed`; .ci/run adds them up.
#
#   unit       tests/unit/NAME_test.c: Criterion, with the vmm's sources under ASan and UBSan
#   guestmm    tests/guestmm: guest/mm compiled for the host, under ASan and UBSan
#   mutate     corruptions of the catalogue in two dozen scenarios: found by the invariant that should
#   scenarios  tests/scenarios/*.lua on /dev/kvm, against their canonical expected output
#   cli        exit statuses and messages of the program as a user types it
#   qemu       scenarios on QEMU's microvm: the same bytes must come out
#   both       scenarios in lockstep on the guest and on this host's Linux, compared after every step; fuzz-both random programs
#   programs   real programs, natively and in the guest (tests/programs/check); programs-root with their own libraries, --root /
#   maps       nested: where they lie, and what is no program, on the guest and on Linux 6.1
#   access     tests/access: what the MMU does with each kind of entry and access, as the model of the walk foretells

SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_SRC := $(sort $(wildcard tests/unit/*_test.c))
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
# Everything of the vmm but its main(), instrumented.
UNIT_LIB_SRC := $(filter-out vmm/main.c,$(VMM_SRC))
UNIT_LIB_OBJ := $(addprefix $(BUILD)/obj/san/,$(addsuffix .o,$(UNIT_LIB_SRC)))
UNIT_LIBS := -lcriterion $(VMM_LIBS)

$(BUILD)/obj/san/%.c.o: %.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $< (sanitized)"
	$(Q)gcc $(VMM_FLAGS) -O1 $(SAN) -MMD -MP -c $< -o $@

$(BUILD)/tests/libvmm-san.a: $(UNIT_LIB_OBJ)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar crs $@ $^

# These run guest.bin, or the agent out of it.
$(BUILD)/tests/linux_test $(BUILD)/tests/restore_test: $(BUILD)/guest.bin

$(BUILD)/tests/%_test: tests/unit/%_test.c $(BUILD)/tests/libvmm-san.a
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(VMM_FLAGS) -O1 $(SAN) -MMD -MP -MF $@.d -Itests/unit -o $@ $< $(BUILD)/tests/libvmm-san.a $(UNIT_LIBS)

-include $(UNIT_LIB_OBJ:.o=.d) $(addsuffix .d,$(UNIT_BIN))
-include mk/initrd.mk
-include mk/guestmm.mk
-include mk/boottest.mk
-include mk/access.mk

.PHONY: check unit scenarios cli check-qemu check-both bless
check: deps ## install what is missing, build, and run every test
	$(Q)$(MAKE) --no-print-directory all arrows unit unit-guestmm
	$(Q)$(MAKE) --no-print-directory cli scenarios programs programs-root mutate-some check-qemu access-sample check-both

unit: $(UNIT_BIN) $(BUILD)/guest.bin ## Criterion unit tests of the host side, under ASan and UBSan
	$(Q)tests/unit/run unit $(UNIT_BIN)

# Without /dev/kvm the scenarios are not skipped: they run in the nested machine.
scenarios: $(BUILD)/vmm $(BUILD)/guest.bin $(INITRD) ## every scenario against its expected output, on /dev/kvm
	$(Q)if [ -w /dev/kvm ]; then tests/scenarios/run $(BUILD)/vmm $(BUILD)/guest.bin; \
	else echo "no /dev/kvm here: the scenarios run nested"; $(MAKE) --no-print-directory check-nested; fi

# Linux as the judge: this host's. 77: it cannot contain the tasks, and the suite says so.
FUZZ_BOTH := --seed 1 --seeds 20 --steps 100 --jobs 2 --shrink 300
check-both: $(BUILD)/vmm $(BUILD)/guest.bin ## every scenario and 2,000 random operations in lockstep on the guest and on this host's Linux
	$(Q)if [ -w /dev/kvm ]; then tests/both/run $(BUILD)/vmm $(BUILD)/guest.bin || [ $$? = 77 ]; \
	else echo "no /dev/kvm here: the comparison runs nested (make check-both-nested)"; fi
	$(Q)[ ! -w /dev/kvm ] || tests/linux/proc $(BUILD)/vmm $(BUILD)/guest.bin || [ $$? = 77 ]
	$(Q)if [ -w /dev/kvm ]; then tests/nested/as-suite fuzz-both tests/both/fuzz $(BUILD)/vmm $(BUILD)/guest.bin \
		$(BUILD)/fuzz-both $(FUZZ_BOTH) || [ $$? = 77 ]; else echo "no /dev/kvm here: fuzz-both is skipped"; fi

# One program of its own, so that it also runs where nothing else is (the nested machine).
$(BUILD)/tests/calls: tests/linux/calls.c
	@mkdir -p $(@D)
	$(Q)gcc -std=gnu11 -O1 -Wall -Wextra -Werror -static -o $@ $<

cli: all $(BUILD)/tests/calls ## exit statuses and messages, as a user meets them
	$(Q)tests/cli/run $(BUILD)
	$(Q)tests/cli/readme $(BUILD)
	$(Q)tests/cli/mm_doc
	$(Q)tests/mutation/fit
	$(Q)tests/cli/syscalls_doc
	$(Q)tests/cli/gdb_core $(BUILD)
	$(Q)tests/linux/check $(BUILD)/tests/calls || [ $$? = 77 ]
	$(Q)if [ -w /dev/kvm ]; then tests/cli/fuzz $(BUILD); else echo "no /dev/kvm here: fuzz is skipped"; fi
	$(Q)if [ -w /dev/kvm ]; then tests/cli/twice $(BUILD); else echo "no /dev/kvm here: twice is skipped"; fi

bless: all $(INITRD) ## rewrite expected outputs; refuses while an invariant or an expectation fails
	$(Q)tests/scenarios/run --bless $(BUILD)/vmm $(BUILD)/guest.bin

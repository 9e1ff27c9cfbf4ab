# The access matrix: a guest kernel of its own does what the host predicts (tests/access).

ACCESS := $(BUILD)/tests/access
ACCESS_KERNEL_OBJ := $(addprefix $(BUILD)/obj/,tests/access/head.S.o tests/access/kernel.c.o guest/boot/notes.c.o)
ACCESS_HOST_SRC := tests/access/matrix.c tests/access/cases.c tests/access/deviations.c

$(BUILD)/obj/tests/access/%.o: tests/access/%
	@mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)gcc $(GUEST_BASE) -flto -Itests/access -MMD -MP -c $< -o $@

$(ACCESS)/kernel.bin: $(ACCESS_KERNEL_OBJ) guest/boot/guest.ld
	@mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(GUEST_LINK) -o $@ $(ACCESS_KERNEL_OBJ)

$(ACCESS)/matrix: $(ACCESS_HOST_SRC) $(wildcard tests/access/*.h) $(filter-out %/vmm/main.c.o,$(VMM_OBJ))
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(VMM_FLAGS) -Itests/access -static -o $@ $(ACCESS_HOST_SRC) \
		$(filter-out %/vmm/main.c.o,$(VMM_OBJ)) $(VMM_LIBS)

-include $(BUILD)/obj/tests/access/kernel.c.d $(BUILD)/obj/tests/access/head.S.d

# Every N-th case of each plane. With hardware virtualization all are cheap; where ring 0 is emulated one costs 200 µs.
ACCESS_EVERY_KVM ?= $(if $(shell grep -swE 'vmx|svm' /proc/cpuinfo),1,97)
ACCESS_EVERY_QEMU ?= 1
# Prime to the powers of 2 and 3 that the planes are made of: 1.3 million cases.
ACCESS_EVERY_NESTED ?= 5
MATRIX := $(ACCESS)/matrix $(ACCESS)/kernel.bin

.PHONY: access access-kvm access-qemu access-nested access-sample
access: access-kvm access-qemu access-nested ## every kind of access on every kind of table entry, predicted and done (kvm, qemu, nested)

access-kvm: $(MATRIX)
	$(Q)if [ -w /dev/kvm ]; then $(ACCESS)/matrix --machine kvm --every $(ACCESS_EVERY_KVM) $(ACCESS)/kernel.bin; \
	else echo "no /dev/kvm here: see access-nested"; fi

access-qemu: $(MATRIX)
	$(Q)tests/nested/as-suite access-qemu $(ACCESS)/matrix --machine qemu --every $(ACCESS_EVERY_QEMU) $(ACCESS)/kernel.bin

access-nested: $(MATRIX) nested-files
	$(Q)tests/nested/as-suite access-nested env NESTED_DIR=$(NESTED) tests/nested/run-in-nested --time-limit 600 \
		--add $(ACCESS)=access access/matrix --machine kvm --every $(ACCESS_EVERY_NESTED) access/kernel.bin

# A second or two of each, for `make check`.
access-sample:
	$(Q)$(MAKE) --no-print-directory access-kvm access-qemu ACCESS_EVERY_KVM=$(if $(shell grep -swE 'vmx|svm' /proc/cpuinfo),97,1999) \
		ACCESS_EVERY_QEMU=97

# The scenarios on machines other than this host's KVM: the same bytes must come out.
#
# Machine B: a Debian kernel with kvm_amd on an SVM that QEMU emulates, so that a real hardware-assisted KVM
# with nested paging is met on any machine. Nothing of it is installed: the kernel lives in $(BUILD)/nested.

NESTED := $(BUILD)/nested
NESTED_RUN := NESTED_DIR=$(NESTED) tests/nested/run-in-nested

$(NESTED)/vmlinuz: tests/nested/fetch-kernel
	@mkdir -p $(@D)
	$(Q)echo "  KERNEL $(NESTED)"
	$(Q)NO_INSTALL=$(NO_INSTALL) tests/nested/fetch-kernel $(NESTED)

$(NESTED)/base.cpio: $(NESTED)/vmlinuz tests/nested/init tests/nested/make-initramfs
	$(Q)tests/nested/make-initramfs $(NESTED)

.PHONY: check-nested shell-nested nested-files
nested-files: $(NESTED)/vmlinuz $(NESTED)/base.cpio

check-nested: deps ## every scenario on kvm_amd with nested paging, emulated: works without /dev/kvm
	$(Q)$(MAKE) --no-print-directory all $(BUILD)/initrd.cpio nested-files
	$(Q)NESTED_DIR=$(NESTED) tests/nested/check $(BUILD)
	$(Q)$(MAKE) --no-print-directory check-both-nested check-core check-linux-vm check-maps

# The agent on Linux, driven to its end as tests/core/crash.lua does it on the guest.
$(BUILD)/core/on_linux: tests/core/on_linux.c shared/agent.h
	@mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)gcc -std=gnu11 -O1 -static -Wall -Wextra -Werror -D_GNU_SOURCE -iquote shared -o $@ $<

.PHONY: check-core
check-core: all nested-files $(BUILD)/core/on_linux ## the core of a program on the guest against the one that Linux 6.1 writes
	$(Q)NESTED_DIR=$(NESTED) tests/core/check $(BUILD)

# The fixed reference: the nested machine's Linux is Debian's 6.1 everywhere. Four levels of tables and no protection keys, as
# the guest has it; else addresses beyond 47 bits exist, and PROT_EXEC alone is execute-only.
.PHONY: check-both-nested
check-both-nested: all nested-files ## every scenario and 2,000 random operations in lockstep on the guest and on Linux 6.1
	$(Q)NESTED_DIR=$(NESTED) tests/nested/as-suite both-nested tests/nested/run-in-nested --append "no5lvl nopku" \
		--time-limit 900 --log $(NESTED)/both-console.txt --add $(BUILD)/vmm=build/vmm --add $(BUILD)/guest.bin=build/guest.bin \
		--add tests/scenarios --add tests/both tests/both/run build/vmm build/guest.bin
	$(Q)NESTED_DIR=$(NESTED) tests/nested/as-suite proc-nested tests/nested/run-in-nested --append "no5lvl nopku" \
		--time-limit 300 --log $(NESTED)/proc-console.txt --add $(BUILD)/vmm=build/vmm --add $(BUILD)/guest.bin=build/guest.bin \
		--add tests/linux tests/linux/proc build/vmm build/guest.bin
	$(Q)NESTED_DIR=$(NESTED) tests/nested/as-suite fuzz-nested tests/nested/run-in-nested --append "no5lvl nopku" \
		--time-limit 900 --log $(NESTED)/fuzz-console.txt --add $(BUILD)/vmm=build/vmm --add $(BUILD)/guest.bin=build/guest.bin \
		--add tests/both tests/both/fuzz build/vmm build/guest.bin /tmp/fuzz --seed 1 --seeds 8 --steps 250
	$(Q)$(MAKE) --no-print-directory access-nested

# Guest here, Linux there: the quickest way to compare with 6.1.
.PHONY: check-linux-vm
check-linux-vm: all nested-files ## --target linux-vm, and 2,000 random operations in lockstep on the guest and on Linux 6.1
	$(Q)NESTED_DIR=$(NESTED) tests/cli/linux_vm $(BUILD)
	$(Q)NESTED_DIR=$(NESTED) tests/nested/as-suite fuzz-linux-vm tests/both/fuzz $(BUILD)/vmm $(BUILD)/guest.bin \
		$(BUILD)/fuzz-linux-vm --reference vm --seed 1 --seeds 8 --steps 250

shell-nested: all nested-files ## a shell in that machine, with vmm, guest.bin and the scenarios
	$(Q)echo "leave with: exit (or Ctrl-A X)"
	$(Q)$(NESTED_RUN) --interactive --add $(BUILD)/vmm=build/vmm \
		--add $(BUILD)/guest.bin=build/guest.bin --add tests/scenarios sh

# QEMU itself as the machine: no KVM in it at all.
.PHONY: check-qemu
check-qemu: $(BUILD)/vmm $(BUILD)/guest.bin $(BUILD)/initrd.cpio ## every scenario on QEMU's microvm (TCG)
	$(Q)MMSCOPE_FLAGS="--machine qemu" tests/nested/as-suite qemu \
		tests/scenarios/run $(BUILD)/vmm $(BUILD)/guest.bin

# guest.bin: the kernel, with the agent inside. Plain x86-64, nothing beyond general registers.

GUEST_DIRS := boot mm kernel fs drivers
GUEST_SRC := $(sort $(foreach d,$(GUEST_DIRS),$(wildcard guest/$(d)/*.c guest/$(d)/*.S)))
GUEST_OBJ := $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(GUEST_SRC)))
GUEST_DEBUG ?= 1
# -O3 and -flto: where ring 0 is emulated every instruction counts, those around a call too (docs/performance.md).
# GUEST_QUICK=1 builds in a tenth of the time a guest that does the same more slowly: for tests that build many.
ifeq ($(GUEST_QUICK),1)
GUEST_OPT := -O1 -w
GUEST_ASM = true
else
GUEST_OPT := -O3 --param=early-inlining-insns=40 -flto -flto-partition=one
GUEST_ASM = objdump -dS --no-show-raw-insn $@ > $(BUILD)/guest.asm 2>/dev/null || true
endif
GUEST_BASE := -std=gnu11 $(GUEST_OPT) -g -ffreestanding -fno-pic -fno-pie -mno-red-zone -mcmodel=kernel \
	-fno-stack-protector -mgeneral-regs-only -fno-asynchronous-unwind-tables -fno-strict-aliasing \
	-fno-omit-frame-pointer -fno-common -march=x86-64 -fcf-protection=none -fno-jump-tables \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Iguest/include -Ishared -DMM_DEBUG=$(GUEST_DEBUG)
GUEST_LINK = gcc $(GUEST_BASE) -nostdlib -static \
	-Wl,-z,max-page-size=4096,-z,noexecstack,--no-warn-rwx-segments,--build-id=none,-T,guest/boot/guest.ld

$(BUILD)/obj/guest/%.c.o: guest/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)gcc $(GUEST_BASE) -MMD -MP -c $< -o $@

$(BUILD)/obj/guest/%.S.o: guest/%.S
	@mkdir -p $(@D)
	$(Q)echo "  AS    $<"
	$(Q)gcc $(GUEST_BASE) -D__ASSEMBLER__ -I$(BUILD) -MMD -MP -c $< -o $@

# Files are no part of the hot paths: -O2, lest every page of the image cost two instructions of boot for nothing.
$(BUILD)/obj/guest/fs/%.c.o: GUEST_BASE += -O2

$(BUILD)/guest.bin: $(GUEST_OBJ) guest/boot/guest.ld
	$(Q)echo "  LD    $@"
	$(Q)$(GUEST_LINK) -Wl,-Map,$(BUILD)/guest.map -o $@ $(GUEST_OBJ)
	$(Q)$(GUEST_ASM)

# The agent: one static, libc-free ELF that runs on the guest and on Linux alike.
AGENT_SRC := $(sort $(wildcard guest/user/*.c guest/user/*.S))
AGENT_FLAGS := -std=gnu11 -Os -g -ffreestanding -fno-pic -fno-pie -fno-stack-protector -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables -march=x86-64 -fcf-protection=none -fno-jump-tables -fno-builtin \
	-Wall -Wextra -Werror -Ishared -nostdlib -static

$(BUILD)/agent: $(AGENT_SRC) guest/user/agent.ld $(wildcard shared/*.h)
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(AGENT_FLAGS) -Wl,-T,guest/user/agent.ld -Wl,-z,noexecstack -Wl,--build-id=none -o $@ $(AGENT_SRC)
	$(Q)objcopy --strip-all $@ $(BUILD)/agent.stripped

$(BUILD)/obj/guest/fs/agent_blob.S.o: $(BUILD)/agent

-include $(GUEST_OBJ:.o=.d)

# guest/boot alone, under a stand-in for the rest of the kernel: build/tests/boot_kernel.bin, run by boot_test.

BOOTTEST_SRC := $(wildcard guest/boot/*.c guest/boot/*.S) guest/kernel/printk.c guest/kernel/panic.c \
	guest/kernel/string.c guest/kernel/page.c guest/drivers/uart.c guest/drivers/trace.c guest/drivers/trace_entry.S
BOOTTEST_OBJ := $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(BOOTTEST_SRC) tests/boot/kernel.c tests/boot/user.S))

$(BUILD)/obj/tests/boot/%.o: tests/boot/%
	@mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)gcc $(GUEST_BASE) -Itests/boot -MMD -MP -c $< -o $@

$(BUILD)/tests/boot_kernel.bin: $(BOOTTEST_OBJ) guest/boot/guest.ld
	@mkdir -p $(@D)
	$(Q)echo "  LD    $@"
	$(Q)$(GUEST_LINK) -o $@ $(BOOTTEST_OBJ)

$(BUILD)/tests/boot_test: $(BUILD)/tests/boot_kernel.bin

-include $(BUILD)/obj/tests/boot/kernel.c.d $(BUILD)/obj/tests/boot/user.S.d

# The initrd of the scenarios: a small cpio with a program in it (tests/programs).

INITRD := $(BUILD)/initrd.cpio

$(BUILD)/programs/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc -std=gnu11 -Os -ffreestanding -fno-pic -no-pie -fno-stack-protector -mgeneral-regs-only -fcf-protection=none \
		-fno-asynchronous-unwind-tables -Wall -Wextra -Werror -nostdlib -static -Wl,-z,noexecstack -Wl,--build-id=none -s -o $@ $<

# Owned by root, in the order of names: the same archive wherever it is made.
$(INITRD): $(BUILD)/programs/hello mk/initrd.mk
	$(Q)echo "  CPIO  $@"
	$(Q)rm -rf $(BUILD)/initrd && mkdir -p $(BUILD)/initrd/bin $(BUILD)/initrd/etc
	$(Q)install -m 755 $(BUILD)/programs/hello $(BUILD)/initrd/bin/hello
	$(Q)printf 'a text of the initrd\n' > $(BUILD)/initrd/etc/motd && chmod 644 $(BUILD)/initrd/etc/motd
	$(Q)ln $(BUILD)/initrd/etc/motd $(BUILD)/initrd/etc/same
	$(Q)ln -s bin/hello $(BUILD)/initrd/link
	$(Q)chmod 755 $(BUILD)/initrd $(BUILD)/initrd/bin $(BUILD)/initrd/etc
	$(Q)cd $(BUILD)/initrd && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0 > ../initrd.cpio.new
	$(Q)mv $@.new $@

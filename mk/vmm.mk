# vmm: static, so that it starts fast and runs where there is nothing but a kernel.

VMM_DIRS := . base machine target observe verify inject explore/fuzz explore/mutate explore/prog report script
VMM_SRC := $(sort $(foreach d,$(VMM_DIRS),$(wildcard vmm/$(d)/*.c)))
VMM_SRC := $(VMM_SRC:vmm/./%=vmm/%)
# build/vmm is the program, so its objects live in build/obj/vmm.
VMM_OBJ := $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(VMM_SRC)))
VMM_FLAGS := -std=gnu11 -O2 -g -fno-strict-aliasing -D_GNU_SOURCE -DMMSCOPE_HOST \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wvla -Ivmm -Ishared -isystem /usr/include/lua5.4
VMM_LIBS := -llua5.4 -ledit -ltinfo -lbsd -lmd -lelf -lz -lxxhash -lseccomp -lm

$(BUILD)/obj/vmm/%.c.o: vmm/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $<"
	$(Q)gcc $(VMM_FLAGS) -MMD -MP -c $< -o $@

# Lua that is embedded (.incbin), which the compiler's dependencies do not tell.
$(BUILD)/obj/vmm/script/tour.c.o $(BUILD)/obj/san/vmm/script/tour.c.o: tests/scenarios/tour.lua
$(BUILD)/obj/vmm/explore/fuzz/prelude.c.o $(BUILD)/obj/san/vmm/explore/fuzz/prelude.c.o: vmm/explore/fuzz/prelude.lua

$(BUILD)/vmm: $(VMM_OBJ)
	$(Q)echo "  LD    $@"
	$(Q)gcc -static -o $@ $(VMM_OBJ) $(VMM_LIBS)

# A program of its own: Zydis comes as a shared library only, and it reads hostile bytes.
$(BUILD)/vmm-disasm: vmm/disasm/main.c
	@mkdir -p $(@D)
	$(Q)echo "  CC    $@"
	$(Q)gcc $(VMM_FLAGS) -o $@ $< -lZydis

-include $(VMM_OBJ:.o=.d)

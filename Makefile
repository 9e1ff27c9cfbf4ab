# mmscope: `make run` shows the tour, `make check` runs every test, `make help` lists the rest.
#
# Knobs: BUILD=dir (where everything made goes), V=1 (show commands), NO_INSTALL=1 (only name missing packages).

BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

include mk/deps.mk
include mk/guest.mk
include mk/vmm.mk
include mk/tests.mk
-include mk/bench.mk
-include mk/nested.mk
-include mk/mutation.mk
-include mk/fuzz.mk
-include mk/programs.mk

.PHONY: all run clean help arrows
all: $(BUILD)/vmm $(BUILD)/guest.bin $(BUILD)/vmm-disasm ## build vmm, guest.bin and the disassembler into build/

run: deps ## install what is missing, build, and show the tour
	$(Q)$(MAKE) --no-print-directory all
	$(Q)cd $(BUILD) && ./vmm --tour guest.bin

arrows: ## check that include arrows run one way (docs/architecture.md)
	$(Q)mk/arrows.sh

clean: ## remove everything made
	$(Q)rm -rf $(BUILD)

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

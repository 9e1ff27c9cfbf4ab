# Tests. Unit tests are Criterion programs: tests/unit/NAME.c becomes build/tests/NAME.

.PHONY: check
check: deps ## build and run every test
	$(Q)$(MAKE) --no-print-directory all

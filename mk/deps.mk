# What a fresh Debian 12 lacks. `make deps` installs it (as root, or through sudo), saying what.

DEPS := gcc make pkg-config liblua5.4-dev libedit-dev libelf-dev libzydis-dev libxxhash-dev libseccomp-dev \
	libcriterion-dev qemu-system-x86 busybox-static musl-tools cpio binutils gdb

.PHONY: deps
deps:
	@missing=; for p in $(DEPS); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ -n "$(NO_INSTALL)" ]; then \
		echo "missing packages:$$missing" >&2; \
		echo "install them with: apt-get install$$missing" >&2; exit 1; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "installing:$$missing"; \
	$$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -q --no-install-recommends $$missing

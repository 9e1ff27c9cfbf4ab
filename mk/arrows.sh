#!/bin/bash
# SPDX-License-Identifier: MIT
# mk/arrows.sh: holds the include directions of docs/architecture.md. Each source and header is given to
# `gcc -MM`; every project file that it reaches must lie in a room that its own room may look into.
set -euo pipefail

cd "$(dirname "$0")/.."

# Which files a file may reach, itself aside: a pattern over paths. Rooms reach shared/ and themselves always.
allowed() {
	case $1 in
	shared/*)	echo '^$' ;;
	vmm/base/*)	echo '^$' ;;
	vmm/observe/*)	echo '^vmm/base/' ;;
	vmm/machine/*)	echo '^vmm/base/' ;;
	vmm/verify/*)	echo '^vmm/(observe|base)/' ;;
	vmm/report/*)	echo '^vmm/(observe|verify|base)/' ;;
	vmm/inject/*)	echo '^vmm/(observe|base)/' ;;
	vmm/target/*)	echo '^vmm/(machine|observe|base)/|^vmm/verify/verify\.h$' ;;
	# Of machines a script may only choose one.
	vmm/explore/*)	echo '^vmm/(script|inject|target|report|verify|observe|base)/|^vmm/(machine/(machine|guest_elf)|options)\.h$' ;;
	vmm/script/*)	echo '^vmm/(inject|target|report|verify|observe|base)/|^vmm/(machine/(machine|guest_elf)|options)\.h$' ;;
	vmm/disasm/*)	echo '^vmm/base/' ;;
	vmm/options.*)	echo '^vmm/base/' ;;
	vmm/*/*)	echo "arrows: no rule for the room of $1" >&2; return 1 ;;
	vmm/*.c)	echo '^vmm/' ;;
	guest/include/*) echo '^$' ;;
	# The heart stands on plain headers alone, so that tests/guestmm can put a world of its own under it.
	guest/mm/*)	echo '^guest/include/(mm|mm_env|kernel|list|rbtree|percpu)\.h$' ;;
	guest/user/*)	echo '^$' ;;
	guest/*)	echo '^guest/include/' ;;
	*)		echo "arrows: no rule for the room of $1" >&2; return 1 ;;
	esac
}

flags() {
	case $1 in
	vmm/*)	  echo "-D_GNU_SOURCE -DMMSCOPE_HOST -Ivmm -Ishared -isystem /usr/include/lua5.4" ;;
	guest/user/*.S|guest/*.S) echo "-D__ASSEMBLER__ -Iguest/include -Ishared" ;;
	*)	  echo "-ffreestanding -DMM_DEBUG=1 -Iguest/include -Ishared" ;;
	esac
}

# The project's files that $1 reaches, one a line, relative to the top, "./" and "a/../" folded.
reached() {
	local lang=c
	[ "${1##*.}" = S ] && lang=assembler-with-cpp
	# shellcheck disable=SC2046 # flags are words
	gcc -MM -MT x $(flags "$1") -x $lang "$1" | tr -d '\\' | tr -s ' \t' '\n\n' | sed '/^x:$/d;/^$/d' |
		xargs -r realpath -m --relative-to=. | LC_ALL=C sort -u
}

bad=0 files=0
while read -r file; do
	files=$((files + 1))
	pattern=$(allowed "$file") || { bad=$((bad + 1)); continue; }
	reach=$(reached "$file") || { echo "arrows: gcc -MM $file failed" >&2; bad=$((bad + 1)); continue; }
	while read -r other; do
		[[ "${other%/*}" == "${file%/*}" || "$other" == shared/* ]] && continue
		[[ "$other" =~ $pattern ]] && continue
		how="through another header"
		grep -qE "^#[[:space:]]*include[[:space:]]+[\"<]([^\">]*/)?${other##*/}[\">]" "$file" && how=directly
		echo "arrows: $file must not include $other ($how)" >&2
		bad=$((bad + 1))
	done <<< "$reach"
done < <(find shared vmm guest -name '*.[chS]' | LC_ALL=C sort)

if [ "$files" = 0 ]; then
	echo "arrows: found no sources" >&2
	exit 1
fi
[ "$bad" = 0 ] || { echo "arrows: $bad of the include directions of docs/architecture.md broken" >&2; exit 1; }
echo "arrows: $files files, every include runs the right way"

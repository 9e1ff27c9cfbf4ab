# SPDX-License-Identifier: MIT
# list.awk FILES: the edits, one a line, fields separated by \037 (text may hold tabs): name, file, function, from, to, why.
function flush() {
	if (name == "")
		return
	if (file == "" || from == "" || why == "" || name in seen) {
		printf "%s: the edit %s lacks something, or its name is taken\n", FILENAME, name > "/dev/stderr"
		exit 2
	}
	seen[name] = 1
	printf "%s\037%s\037%s\037%s\037%s\037%s\n", name, file, where, from, to, why
	name = from = to = why = ""
}
FNR == 1 { flush(); file = "" }
/^#/ { next }
/^file: / { flush(); file = substr($0, 7) }
/^in: / { flush(); where = substr($0, 5) }
/^edit: / { flush(); name = substr($0, 7) }
/^  why: / { why = substr($0, 8) }
/^  - / { from = substr($0, 5) }
/^  \+( |$)/ { to = substr($0, 5) }
END { flush() }

# SPDX-License-Identifier: MIT
# generate.awk -v seed=N -v count=N FILES: see generate. Every line of a function that stands there once is mutated in every way that
# fits it; of all these, `count` are drawn.

# Park and Miller's generator: awk's own is another one in each awk.
function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n }

function add(kind, to, why,    name) {
	if (to == text)
		return
	name = FILENAME
	gsub(/^.*\/|\.c$/, "", name)
	gsub(/_/, "-", name)
	n++
	where_of[n] = func_name; from_of[n] = text; to_of[n] = to; why_of[n] = why; file_of[n] = FILENAME
	name_of[n] = sprintf("gen-%s-%d-%s", name, FNR, kind)
}

# The first occurrence of `a`, blanks and all, becomes `b`.
function swap(kind, a, b,    at) {
	at = index(text, a)
	if (at)
		add(kind, substr(text, 1, at - 1) b substr(text, at + length(a)), "\"" a "\" is \"" b "\"")
}

function mutate_line(    inner) {
	swap("eq", " == ", " != "); swap("ne", " != ", " == ")
	swap("lt", " < ", " <= "); swap("le", " <= ", " < "); swap("gt", " > ", " >= "); swap("ge", " >= ", " > ")
	swap("and", " && ", " || "); swap("or", " || ", " && ")
	swap("plus", " + 1", ""); swap("minus", " - 1", "")
	swap("add", " += ", " -= "); swap("sub", " -= ", " += "); swap("set", " |= ", " &= ")
	swap("clear", " &= ~", " |= "); swap("mask", " & ~", " & ")
	swap("min", "min(", "max("); swap("max", "max(", "min(")
	swap("true", "true", "false"); swap("false", "false", "true")
	swap("plus-var", " + ", " - "); swap("minus-var", " - ", " + ")
	if (text ~ /^(else )?if \(.*\)( \{)?$/) {
		inner = text
		sub(/if \(/, "if (!(", inner)
		sub(/\)( \{)?$/, ")&", inner)
		add("negate", inner, "the condition is negated")
	}
	# A statement of one line: a call, or an assignment to something that is there already.
	if (text ~ /^[a-z_][a-z_0-9]*\(.*\);$/ || text ~ /^[a-z_][a-z_0-9.>\[\]-]*(->|\.)[a-z_0-9]+ [-+|&]?= .*;$/ ||
	    text ~ /^[a-z_][a-z_0-9.>-]*(\+\+|--);$/ || text ~ /^(\+\+|--)[a-z_][a-z_0-9.>-]*;$/)
		add("drop", ";", "the statement is left out")
	if (text ~ /^return -LX_[A-Z]+;$/)
		add("success", "return 0;", "an error is told as success")
}

# It stands in the function once, as a part of a line, too: or apply.awk could not tell which is meant.
function alone(text,    i, times) {
	for (i = 1; i <= nr_lines; i++)
		times += index(line[i], text) > 0
	return times == 1
}

function end_of_function(    i, saved) {
	for (i = 1; i <= nr_lines; i++) {
		text = line[i]
		if (!alone(text) || text ~ /^(\/?\*|BUG|mmap_assert|#|case |default)/ || text ~ /[ \t]\*\/?$/)
			continue
		saved = FNR; FNR = at_line[i]
		mutate_line()
		FNR = saved
	}
	nr_lines = 0
}

FNR == 1 { inside = nr_lines = 0 }
/^[a-z].*\(/ && !/;$/ && match($0, /[a-z_0-9]+\(/) { func_name = substr($0, RSTART, RLENGTH - 1); inside = 1; next }
/^}/ { if (inside) end_of_function(); inside = 0 }
inside {
	gsub(/^[ \t]+|[ \t]*\/\*.*\*\/[ \t]*$|[ \t]+$/, "")
	if ($0 == "" || $0 == "{" || $0 == "}")
		next
	line[++nr_lines] = $0
	at_line[nr_lines] = FNR
}
END {
	seed = seed * 7919 + 17
	for (i = 0; i < 10; i++)
		draw(2)
	printf "# %d of %d, made by generate.\n", count < n ? count : n, n
	while (count-- > 0 && n) {
		i = 1 + draw(n)
		printf "file: %s\nin: %s\nedit: %s\n  why: %s (%s)\n  - %s\n  + %s\n", file_of[i], where_of[i], name_of[i],
			why_of[i], from_of[i], from_of[i], to_of[i]
		file_of[i] = file_of[n]; where_of[i] = where_of[n]; name_of[i] = name_of[n]
		why_of[i] = why_of[n]; from_of[i] = from_of[n]; to_of[i] = to_of[n]
		n--
	}
}

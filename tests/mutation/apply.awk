# SPDX-License-Identifier: MIT
# apply.awk FILE: FILE with $FROM replaced by $TO in the body of function $NAME (a dash: anywhere). $FROM must stand there
# exactly once: an edit that no longer fits its source is an error, not a pass.
BEGIN {
	name = ENVIRON["NAME"]; from = ENVIRON["FROM"]; to = ENVIRON["TO"]
	inside = name == "-"
}
# A definition begins in column 0 and has its name before a parenthesis; it ends with a brace in column 0.
name != "-" && /^[a-z].*\(/ && match($0, "(^|[ *])" name "\\(") && !/;$/ { inside = 1 }
{
	at = inside ? index($0, from) : 0
	if (at) {
		rest = substr($0, at + length(from))
		found += index(rest, from) ? 2 : 1
		$0 = substr($0, 1, at - 1) to rest
	}
	print
}
name != "-" && /^}/ { inside = 0 }
END { if (found != 1) exit 3 }

/* SPDX-License-Identifier: MIT */
/* Include inside an initialiser of `struct lab_layout x[]`: expands to one entry per structure. */
#define LAYOUT_STRUCT(s)	{ .name = #s, .size = sizeof(struct s), .hash = 0
#define LAYOUT_FIELD(s, f) \
	+ LAYOUT_MIX(offsetof(struct s, f), sizeof(((struct s *)0)->f), __LINE__)
#define LAYOUT_END(s)		},
#include "layout.def"
#undef LAYOUT_STRUCT
#undef LAYOUT_FIELD
#undef LAYOUT_END

/* SPDX-License-Identifier: MIT */
/* Inside the catalogue: rows in short. Each family defines KIND, the kind of object that its rows are of. */
#ifndef VMM_INJECT_ROWS_H
#define VMM_INJECT_ROWS_H

#include "inject/catalogue.h"

#define SET(name, fits, field, value, by)     {name, KIND, fits, field, HOW_SET, value, by, NULL}
#define ADD(name, fits, field, value, by)     {name, KIND, fits, field, HOW_ADD, (uint64_t)(value), by, NULL}
#define XOR(name, fits, field, value, by)     {name, KIND, fits, field, HOW_XOR, value, by, NULL}
#define SELF(name, fits, field, by)	      {name, KIND, fits, field, HOW_SELF, 0, by, NULL}
#define COPY(name, fits, field, by)	      {name, KIND, fits, field, HOW_COPY_OTHER, 0, by, NULL}
#define POINT(name, fits, field, value, by)   {name, KIND, fits, field, HOW_POINT_OTHER, value, by, NULL}
#define SWAP(name, fits, field, by)	      {name, KIND, fits, field, HOW_SWAP_OTHER, 0, by, NULL}
#define SWAP2(name, fits, field, second, by)  {name, KIND, fits, field, HOW_SWAP_FIELDS, 0, by, second}
#define MORE_AND_LESS(what, fits, field, by)  ADD(what "+1", fits, field, 1, by), ADD(what "-1", fits, field, -1, by)

/** A pointer of no use: outside every map of the kernel. */
#define WILD 0x1234UL

#endif

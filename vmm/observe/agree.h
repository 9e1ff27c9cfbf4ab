/* SPDX-License-Identifier: MIT */
/* Did the MMU do what the walk in software foretells? */
#ifndef VMM_OBSERVE_AGREE_H
#define VMM_OBSERVE_AGREE_H

#include "observe/access.h"

/** What ring 3 met: the first fault of the access, as the processor told it, or a byte. */
struct access_seen {
	bool fault;
	uint64_t error;			/* its error code */
	bool done;			/* the access was made in the end */
	uint8_t value;			/* done: what was read, or what memory holds after the write */
	uint8_t expected;		/* … and what it should be, by the translation that the walk gives */
	uint64_t leaf;			/* done without a fault: the entry afterwards */
};

/** NULL: it did. Otherwise what differs, in words. */
const char *access_disagrees(const struct access_outcome *foretold, const struct access_seen *seen);

#endif

/* SPDX-License-Identifier: MIT */
/* A session at one moment, and back to it: the guest, its tasks, and what the document calls things. */
#ifndef VMM_SCRIPT_SNAPSHOT_H
#define VMM_SCRIPT_SNAPSHOT_H

#include "script/session.h"

struct snapshot;

/** Take one between two steps. NULL: s->error says why (and s->over is set). The caller's, for snapshot_free. */
struct snapshot *session_snapshot(struct session *s);
/**
 * Set the guest back, in the step under way. Tasks that came since have vanished; the script's own variables stay.
 * 0 or -1 with s->error, s->over.
 */
int session_restore(struct session *s, const struct snapshot *snapshot);
/** The same while nothing is reported (session.quiet): the document goes on as if nothing had been. */
int session_set_back(struct session *s, const struct snapshot *snapshot);
/** The step after which it was taken. */
uint32_t snapshot_step(const struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

#endif

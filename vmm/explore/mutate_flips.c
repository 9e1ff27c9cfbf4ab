/* SPDX-License-Identifier: MIT */
#include "explore/mutate.h"
void mutate_by_flips(struct mutation *m, struct session *s, const struct model *model, const struct target_state *state)
{
	(void)m; (void)s; (void)model; (void)state;
}

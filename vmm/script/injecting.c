/* SPDX-License-Identifier: MIT */
/* See injecting.h. */
#include "script/injecting.h"

struct session *look_inside(lua_State *L)
{
	struct session *s = sandbox_session(L);

	if (s->over || session_look(s))
		raise_over(L);
	if (!s->target->ops->memory) {
		error_set(&s->error, EXIT_SKIPPED, "inject needs a machine: not on target %s", s->target->ops->name);
		session_over(s);
		raise_over(L);
	}
	return s;
}

const struct model_mm *mm_of(lua_State *L, const struct task *task)
{
	const struct session *s = look_inside(L);
	const struct model_task *found = task->vanished ? NULL : model_find_task(s->model, task->pid);

	if (!found || found->mm < 0)
		luaL_error(L, "%s has no address space (any more)", task->name);
	return &s->model->mms[found->mm];
}

struct edits inject_edits(struct session *s)
{
	return (struct edits){.ram = s->target->ops->memory(s->target, 0, s->model->lab.ram_end),
			      .ram_size = s->model->lab.ram_end,
			      .image = s->model->image};
}

int injected(lua_State *L)
{
	struct session *s = sandbox_session(L);

	if (s->target->ops->tables_changed(s->target, &s->error)) {
		session_over(s);
		raise_over(L);
	}
	s->stale = true;
	buf_puts(&s->result, "ok");
	op_end(L, NULL, "inject", "ok", NULL, NULL);
	return 0;
}

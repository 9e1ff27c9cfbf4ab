/* SPDX-License-Identifier: MIT */
/* Texts that travel with a command, for the methods whose calls take paths or buffers (api_file.c has them). */
#ifndef VMM_SCRIPT_API_DATA_H
#define VMM_SCRIPT_API_DATA_H

#include "script/api.h"

/** Put n bytes and a terminating zero behind what the command carries; argument i points at them. what: the method. */
void add_data(lua_State *L, struct agent_cmd *cmd, int i, const char *what, const void *bytes, size_t n);
/** The same with the text at stack index, which is also told in words. The text. */
const char *add_text(lua_State *L, struct agent_cmd *cmd, int i, const char *what, int index);

#endif

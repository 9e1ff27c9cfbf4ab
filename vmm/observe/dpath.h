/* SPDX-License-Identifier: MIT */
/* The path of a file of the guest, from its dentries in RAM, as Linux's d_path() writes it. */
#ifndef VMM_OBSERVE_DPATH_H
#define VMM_OBSERVE_DPATH_H

#include <stddef.h>
#include "observe/image.h"

/** Path of the `struct file` at `file` to buf; where the dentries make no sense, "?". */
void file_path(const struct guest_image *image, gva_t file, char *buf, size_t size);

#endif

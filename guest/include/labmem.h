/* SPDX-License-Identifier: MIT */
/* The device whose memory tasks can map: /dev/lab. */
#ifndef GUEST_LABMEM_H
#define GUEST_LABMEM_H

#include "lab.h"
#include "mm.h"

extern char lab_device[LAB_DEVICE_SIZE];
extern const struct file_operations lab_mem_fops;
/** write(2) to the device: the name of a mistake that the kernel is to make (provoke.c). */
long provoke_crash(struct file *file, uint64_t at, uint64_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* The device whose memory tasks can map: /dev/lab. */
#ifndef GUEST_LABMEM_H
#define GUEST_LABMEM_H

#include "mm.h"

extern char lab_device[LAB_DEVICE_SIZE];
extern const struct file_operations lab_mem_fops;

#endif

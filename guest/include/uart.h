/* SPDX-License-Identifier: MIT */
/* The two serial ports of the lab: COM1 is the console, COM2 the doorbell (lab.h). Port I/O, too. */
#ifndef GUEST_UART_H
#define GUEST_UART_H

#include <stddef.h>
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/**
 * Send n bytes to COM1, waiting for the transmitter. Gives up on a port that never gets ready (none there).
 */
void console_write(const char *bytes, size_t n);

#endif

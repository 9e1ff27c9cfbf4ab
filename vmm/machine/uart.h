/* SPDX-License-Identifier: MIT */
/* A 16550 that is always ready to send and has nothing to receive: the console, and the doorbell. */
#ifndef VMM_MACHINE_UART_H
#define VMM_MACHINE_UART_H

#include <stdbool.h>
#include <stdint.h>

struct uart {
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
};

/** Register `reg` (0 to 7) is written; true: a byte was sent. */
bool uart_write(struct uart *uart, unsigned int reg, uint8_t value);
/** Register `reg` (0 to 7) is read. */
uint8_t uart_read(const struct uart *uart, unsigned int reg);

#endif

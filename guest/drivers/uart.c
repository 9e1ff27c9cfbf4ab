// SPDX-License-Identifier: MIT
/*
 * The console: transmit side of a 16550 on COM1. Bytes go out a FIFO-full at a time with `rep outsb`, which
 * under KVM is one exit however many bytes it holds; the line status is asked before each, since a real
 * transmitter, or QEMU's with a slow reader behind it, drops what does not fit.
 */
#include "kernel.h"
#include "lab.h"
#include "uart.h"

/* Registers (offsets from the base port) and bits: National Semiconductor PC16550D data sheet, table 2. */
#define UART_THR	0		/* transmit holding register; the FIFO's entrance */
#define UART_IIR	2		/* read: interrupt identification */
#define UART_FCR	2		/* write: FIFO control */
#define UART_LSR	5
#define FCR_ENABLE	0x01
#define IIR_FIFO	0xc0		/* both set: a FIFO that works (16550A and later) */
#define LSR_THRE	0x20		/* transmitter, or all of its FIFO, is empty */
#define FIFO_SIZE	16

/* Far more than a byte takes at the lowest speed; an absent port reads 0xff and is ready at once. */
#define MAX_POLLS	100000

/* Bytes per line-status poll; 0: not asked yet. Programming waits until something is printed at all. */
static unsigned int fifo_size;

static void uart_init(void)
{
	outb(COM1_PORT + UART_FCR, FCR_ENABLE);
	fifo_size = (inb(COM1_PORT + UART_IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
}

static bool wait_ready(void)
{
	for (int i = 0; i < MAX_POLLS; i++)
		if (inb(COM1_PORT + UART_LSR) & LSR_THRE)
			return true;
	return false;
}

void console_write(const char *bytes, size_t n)
{
	if (fifo_size == 0)
		uart_init();
	while (n > 0) {
		size_t chunk = min(n, (size_t)fifo_size);

		if (!wait_ready())
			return;
		n -= chunk;
		asm volatile("rep outsb" : "+S"(bytes), "+c"(chunk) : "d"(COM1_PORT + UART_THR) : "memory");
	}
}

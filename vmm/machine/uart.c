/* SPDX-License-Identifier: MIT */
/* The registers of a 16550 (National Semiconductor PC16550D, table II), as far as output needs them. */
#include "machine/uart.h"

enum { THR_RBR_DLL, IER_DLM, FCR_IIR, LCR, MCR, LSR, MSR, SCR };

#define LCR_DLAB	0x80 /* registers 0 and 1 are the baud-rate divisor */
#define FCR_ENABLE	0x01
#define IIR_NONE	0x01 /* no interrupt is pending */
#define IIR_FIFO	0xc0 /* FIFOs are on */
#define LSR_THR_EMPTY	0x20
#define LSR_SENT	0x40
#define MSR_CTS_DSR_DCD 0xb0 /* somebody listens */

bool uart_write(struct uart *uart, unsigned int reg, uint8_t value)
{
	const bool dlab = uart->lcr & LCR_DLAB;

	switch (reg) {
	case THR_RBR_DLL:
		if (!dlab)
			return true;
		uart->dll = value;
		break;
	case IER_DLM:
		*(dlab ? &uart->dlm : &uart->ier) = dlab ? value : value & 0x0f;
		break;
	case FCR_IIR:
		uart->fcr = value;
		break;
	case LCR:
		uart->lcr = value;
		break;
	case MCR:
		uart->mcr = value & 0x1f;
		break;
	case SCR:
		uart->scr = value;
		break;
	}
	return false; /* LSR and MSR are read-only */
}

uint8_t uart_read(const struct uart *uart, unsigned int reg)
{
	const bool dlab = uart->lcr & LCR_DLAB;

	switch (reg) {
	case THR_RBR_DLL:
		return dlab ? uart->dll : 0;
	case IER_DLM:
		return dlab ? uart->dlm : uart->ier;
	case FCR_IIR:
		return IIR_NONE | (uart->fcr & FCR_ENABLE ? IIR_FIFO : 0);
	case LCR:
		return uart->lcr;
	case MCR:
		return uart->mcr;
	case LSR:
		return LSR_THR_EMPTY | LSR_SENT;
	case MSR:
		return MSR_CTS_DSR_DCD;
	case SCR:
		return uart->scr;
	}
	return 0xff;
}

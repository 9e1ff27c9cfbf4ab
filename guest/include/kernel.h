/* SPDX-License-Identifier: MIT */
/* What every guest source may use: fixed-width types, containers, assertions, printing, strings. */
#ifndef GUEST_KERNEL_H
#define GUEST_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define ALIGN_UP(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define min(a, b)		({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)		({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define __noreturn		__attribute__((noreturn))
#define __printf(f, a)		__attribute__((format(printf, f, a)))

/** Errors travel as negative numbers, also inside pointers, as in Linux. */
#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *ptr) { return (long)ptr; }
static inline bool IS_ERR(const void *ptr) { return IS_ERR_VALUE(ptr); }

/** Print to the console (COM1): %d %u %x %lx %llx %ld %lu %p %s %c %%, width and zero padding. */
void printk(const char *format, ...) __printf(1, 2);
/** The same into buf, cut to size - 1 characters and terminated (size > 0). Returns the length that stands there. */
int vsnprintf(char *buf, size_t size, const char *format, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *format, ...) __printf(3, 4);

/**
 * The guest cannot go on: hand file, line, message, registers and backtrace to the host
 * (lab.panic, doorbell LAB_PANIC) and halt. Never returns.
 */
void panic_at(const char *file, unsigned int line, const char *format, ...)
	__printf(3, 4) __noreturn;
#define panic(...)	panic_at(__FILE__, __LINE__, __VA_ARGS__)

/** A broken invariant of the kernel itself. */
#define BUG_ON(cond) \
	do { if (unlikely(cond)) panic("%s: BUG_ON(%s)", __func__, #cond); } while (0)

/** An assertion on two numbers that tells both. */
#define BUG_UNLESS_EQ(a, b) \
	do { unsigned long a_ = (unsigned long)(a), b_ = (unsigned long)(b); \
	     if (unlikely(a_ != b_)) \
		     panic("%s: %s is %#lx, %s is %#lx", __func__, #a, a_, #b, b_); } while (0)

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
/** Copy with truncation; dst is always terminated (n > 0). */
void strscpy(char *dst, const char *src, size_t n);

#endif

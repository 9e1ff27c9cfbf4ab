// SPDX-License-Identifier: MIT
/*
 * printk() and the formatting behind it: the part of C's printf that a kernel needs, without floating
 * point.
 */
#include "kernel.h"
#include "uart.h"

/* Where the output goes; what does not fit is dropped. */
struct sink {
	char *at, *end;			/* end: room for the terminator is beyond it */
};

struct spec {
	bool left, zero, alternate;	/* flags - 0 # */
	unsigned int width;
	unsigned int precision;		/* of %s: at most so many characters */
	unsigned int longs;		/* 0: int; 1, 2: 64 bits */
};

static void put(struct sink *sink, char c)
{
	if (sink->at < sink->end)
		*sink->at++ = c;
}

static void put_field(struct sink *sink, const struct spec *spec, const char *prefix, const char *text,
		      size_t n)
{
	size_t total = strlen(prefix) + n;
	size_t padding = spec->width > total ? spec->width - total : 0;

	for (; padding && !spec->left && !spec->zero; padding--)
		put(sink, ' ');
	while (*prefix)
		put(sink, *prefix++);
	for (; padding && !spec->left; padding--)
		put(sink, '0');
	while (n--)
		put(sink, *text++);
	while (padding--)
		put(sink, ' ');
}

static void put_number(struct sink *sink, const struct spec *spec, const char *prefix, uint64_t value,
		       unsigned int base)
{
	char digits[20];
	char *at = digits + sizeof(digits);

	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put_field(sink, spec, prefix, at, digits + sizeof(digits) - at);
}

static void put_string(struct sink *sink, struct spec *spec, const char *text)
{
	size_t n = 0;

	if (!text)
		text = "(null)";
	while (n < spec->precision && text[n])
		n++;
	spec->zero = false;
	put_field(sink, spec, "", text, n);
}

static unsigned int parse_number(const char **format)
{
	unsigned int value = 0;

	while (**format >= '0' && **format <= '9')
		value = value * 10 + (*(*format)++ - '0');
	return value;
}

/* Flags, width, precision and length: everything between % and the conversion. */
static struct spec parse_spec(const char **format, va_list *args)
{
	struct spec spec = { .precision = -1U };
	const char *f = *format;

	for (;; f++) {
		if (*f == '-')
			spec.left = true;
		else if (*f == '0')
			spec.zero = true;
		else if (*f == '#')
			spec.alternate = true;
		else
			break;
	}
	spec.width = parse_number(&f);
	if (*f == '.') {
		f++;
		if (*f == '*') {
			f++;
			spec.precision = va_arg(*args, int);
		} else {
			spec.precision = parse_number(&f);
		}
	}
	for (; *f == 'l' || *f == 'z'; f++)
		spec.longs++;
	*format = f;
	return spec;
}

static void put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
	/* Negating as unsigned also holds for the smallest number. */
	put_number(sink, spec, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static void put_conversion(struct sink *sink, struct spec *spec, char conversion, va_list *args)
{
	char c;

	switch (conversion) {
	case 'd':
	case 'i':
		put_signed(sink, spec, spec->longs ? va_arg(*args, int64_t) : va_arg(*args, int));
		break;
	case 'u':
		put_number(sink, spec, "",
			   spec->longs ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int), 10);
		break;
	case 'x':
		put_number(sink, spec, spec->alternate ? "0x" : "",
			   spec->longs ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int), 16);
		break;
	case 'p':
		put_number(sink, spec, "0x", (uint64_t)va_arg(*args, void *), 16);
		break;
	case 's':
		put_string(sink, spec, va_arg(*args, const char *));
		break;
	case 'c':
		c = va_arg(*args, int);
		put_field(sink, spec, "", &c, 1);
		break;
	case '%':
		put(sink, '%');
		break;
	default:		/* the compiler checks formats: this one is right, but not offered */
		put(sink, '?');
		put(sink, conversion);
	}
}

int vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
	struct sink sink = { buf, buf + size - 1 };
	va_list copy;

	va_copy(copy, args);	/* a va_list parameter is a pointer: its address cannot be handed on */
	while (*format) {
		if (*format != '%') {
			put(&sink, *format++);
			continue;
		}
		format++;

		struct spec spec = parse_spec(&format, &copy);

		if (*format)
			put_conversion(&sink, &spec, *format++, &copy);
	}
	va_end(copy);
	*sink.at = '\0';
	return sink.at - buf;
}

int snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf, size, format, args);
	va_end(args);
	return n;
}

void printk(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	console_write(line, n);
}

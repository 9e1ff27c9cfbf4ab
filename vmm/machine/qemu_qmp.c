/* SPDX-License-Identifier: MIT */
/*
 * QEMU's machine protocol (docs/interop/qmp-spec): one JSON object a line, answers in the order of the
 * commands, events in between. One command is under way at a time.
 */
#include "machine/qemu.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "machine/qemu_json.h"

/* A monitor that stays silent for so long will not speak again: even a busy host starts QEMU in a second. */
#define ANSWER_MS 30000

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* More bytes into the buffer. False: none within timeout_ms, or the other side is gone. */
static bool receive(struct qmp *qmp, int timeout_ms)
{
	struct pollfd fd = {.fd = qmp->fd, .events = POLLIN};
	ssize_t n;

	if (qmp->start) {
		memmove(qmp->buffer, qmp->buffer + qmp->start, qmp->end - qmp->start);
		qmp->end -= qmp->start;
		qmp->start = 0;
	}
	if (qmp->end == QMP_LINE_MAX)
		qmp->end = 0; /* a line this long is none of ours: its tail will not parse, and is skipped */
	if (qmp->closed || poll(&fd, 1, timeout_ms) <= 0)
		return false;
	n = recv(qmp->fd, qmp->buffer + qmp->end, QMP_LINE_MAX - qmp->end, MSG_DONTWAIT);
	if (n > 0)
		qmp->end += n;
	else if (!n || (errno != EINTR && errno != EAGAIN))
		qmp->closed = true;
	return n > 0;
}

/* The next whole line that is already here; text NULL: none. */
static struct json next_line(struct qmp *qmp)
{
	char *line = qmp->buffer + qmp->start;
	char *newline = memchr(line, '\n', qmp->end - qmp->start);

	if (!newline)
		return (struct json){NULL, 0};
	qmp->start = newline + 1 - qmp->buffer;
	return (struct json){line, newline - line};
}

/* Of all events only SHUTDOWN matters: the guest reset or switched off its machine. */
static void take_event(struct qmp *qmp, struct json message)
{
	char name[32];

	if (!json_string(json_member(message, "event"), name, sizeof(name)) || strcmp(name, "SHUTDOWN"))
		return;
	qmp->shut_down = true;
	json_string(json_member(json_member(message, "data"), "reason"), qmp->shutdown_reason,
		    sizeof(qmp->shutdown_reason));
}

void qmp_take_events(struct qmp *qmp)
{
	struct json message;

	do {
		while ((message = next_line(qmp)).text)
			take_event(qmp, message);
	} while (receive(qmp, 0));
}

static int gone(struct qmp *qmp, struct error *e)
{
	if (qmp->closed)
		return error_set(e, EXIT_HOST, "QEMU closed its monitor");
	return error_set(e, EXIT_HOST, "QEMU's monitor gave no answer for %d s", ANSWER_MS / 1000);
}

/* Wait for a message that has the member `key`, or "error". The value is good until the next receive. */
static int await(struct qmp *qmp, const char *key, struct json *value, struct error *e)
{
	int64_t deadline = now_ms() + ANSWER_MS, left;
	struct json message;
	char text[512];

	for (;;) {
		while ((message = next_line(qmp)).text) {
			take_event(qmp, message);
			*value = json_member(message, key);
			if (value->text)
				return 0;
			if (!json_string(json_member(json_member(message, "error"), "desc"), text,
					 sizeof(text)))
				continue;
			return error_set(e, EXIT_HOST, "QEMU's monitor refused: %s", text);
		}
		left = deadline - now_ms();
		if (qmp->closed || left <= 0)
			return gone(qmp, e);
		receive(qmp, left);
	}
}

static int send_all(struct qmp *qmp, const char *text, size_t size, struct error *e)
{
	ssize_t n;

	while (size) {
		n = send(qmp->fd, text, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			qmp->closed = true;
			return gone(qmp, e);
		}
		text += n;
		size -= n;
	}
	return 0;
}

/* printf a command, wait for what it returns. */
static int command(struct qmp *qmp, struct json *value, struct error *e, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static int command(struct qmp *qmp, struct json *value, struct error *e, const char *format, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		return error_set(e, EXIT_HOST, "a monitor command of %d bytes is too long", n);
	return send_all(qmp, text, n, e) ?: await(qmp, "return", value, e);
}

int qmp_open(struct qmp *qmp, int fd, struct error *e)
{
	struct json greeting;

	*qmp = (struct qmp){.fd = fd};
	return await(qmp, "QMP", &greeting, e) ?: qmp_execute(qmp, "qmp_capabilities", e);
}

int qmp_execute(struct qmp *qmp, const char *name, struct error *e)
{
	struct json value;

	return command(qmp, &value, e, "{\"execute\":\"%s\"}\n", name);
}

int qmp_monitor(struct qmp *qmp, unsigned int cpu, const char *line, char *text, size_t size, struct error *e)
{
	struct json value;

	if (command(qmp, &value, e,
		    "{\"execute\":\"human-monitor-command\","
		    "\"arguments\":{\"command-line\":\"%s\",\"cpu-index\":%u}}\n",
		    line, cpu))
		return -1;
	if (!json_string(value, text, size))
		return error_set(e, EXIT_HOST, "QEMU's monitor answered `%s` with no text", line);
	return 0;
}

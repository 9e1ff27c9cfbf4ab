/* SPDX-License-Identifier: MIT */
/* The table of corruptions and the invariants that found them, as one page without anything from elsewhere. */
#include "explore/mutate/mutate.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char head[] =
	"<!doctype html><meta charset=\"utf-8\"><title>mmscope: corruptions and invariants</title>\n"
	"<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:2px 6px;text-align:left;"
	"border-bottom:1px solid #ddd}td.n{text-align:right}tr.bad{background:#fdd}tr.none{color:#888}b{color:#060}</style>\n"
	"<h1>Corruptions and the invariants that found them</h1>\n";

/* Names of rows and invariants hold '<' and '>'. */
static void put_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '>')
			fputs("&gt;", to);
		else if (*text == '&')
			fputs("&amp;", to);
		else
			fputc(*text, to);
	}
}

static void put_row(FILE *to, const struct corruption *c, const struct row_result *r)
{
	const char *kind = !r->applied ? "none" : r->named == r->applied ? "good" : "bad", *separator = "";

	fprintf(to, "<tr class=\"%s\"><td>", kind);
	put_text(to, c->name);
	fputs("<td>", to);
	put_text(to, c->found_by);
	fprintf(to, "<td class=n>%" PRIu32 "<td class=n>%" PRIu32 "<td class=n>%" PRIu32 "<td>", r->applied, r->named,
		r->found);
	for (unsigned int i = 0; i < nr_invariants; i++) {
		const bool right = strstr(c->found_by, invariants[i]->id) != NULL;

		if (!r->by[i])
			continue;
		fprintf(to, "%s%s%s %" PRIu32 "%s", separator, right ? "<b>" : "", invariants[i]->id, r->by[i],
			right ? "</b>" : "");
		separator = ", ";
	}
	fputs("\n", to);
}

int mutation_html(const struct mutation *m, const char *path, struct error *e)
{
	FILE *to = fopen(path, "w");
	const struct corruption *c;

	if (!to)
		return error_set(e, EXIT_HOST, "cannot write %s: %s", path, strerror(errno));
	fputs(head, to);
	fprintf(to,
		"<p>%u corruptions on %" PRIu32 " live states. Bold: the invariant that should find it. Red: some were "
		"not named by it. Grey: no state had what the corruption needs.\n",
		catalogue_size(), m->nr_states);
	fputs("<table><tr><th>corruption<th>should be named by<th>done<th>named<th>found<th>by (how often)\n", to);
	for (unsigned int i = 0; (c = catalogue_row(i)); i++)
		put_row(to, c, &m->rows[i]);
	fputs("</table>\n", to);
	if (fclose(to))
		return error_set(e, EXIT_HOST, "cannot write %s: %s", path, strerror(errno));
	return 0;
}

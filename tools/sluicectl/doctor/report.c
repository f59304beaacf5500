/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/doctor/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_TEXT 1024

void report_begin(struct report *r, bool json)
{
    *r = (struct report){
        .colour = !json && isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
        .findings = json ? json_array() : NULL,
    };
}

enum status report_end(struct report *r)
{
    if (r->findings) {
        json_t *root = json_pack("{si si so}", "good", (int)r->good, "bad", (int)r->bad, "findings",
                                 r->findings);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
        r->findings = NULL;
    } else {
        printf("\n%u good, %u bad\n", r->good, r->bad);
    }
    return r->bad == 0 ? STATUS_OK : STATUS_FAILED;
}

void report_heading(struct report *r, const char *section, const char *subject)
{
    snprintf(r->section, sizeof(r->section), "%s", section);
    snprintf(r->subject, sizeof(r->subject), "%s", subject);
    if (!r->findings)
        printf("\n%s%s%s\n", section, *subject ? " " : "", subject);
}

struct kind {
    const char *result, *mark, *colour;
};

static const struct kind good = {"ok", "ok", "\033[32m"}, bad = {"bad", "BAD", "\033[1;31m"},
                         note = {"note", "note", "\033[33m"};

static void add(struct report *r, const struct kind *k, const char *advice, const char *fmt,
                va_list ap)
{
    char text[LINE_MAX_TEXT];
    vsnprintf(text, sizeof(text), fmt, ap);
    if (r->findings) {
        json_t *o = json_pack("{ss ss ss ss}", "section", r->section, "subject", r->subject,
                              "result", k->result, "text", text);
        if (o && advice)
            json_object_set_new(o, "advice", json_string(advice));
        json_array_append_new(r->findings, o);
        return;
    }
    printf("  %s%-4s%s %s\n", r->colour ? k->colour : "", k->mark, r->colour ? "\033[0m" : "",
           text);
    if (advice)
        printf("       %s\n", advice);
    fflush(stdout);
}

void report_good(struct report *r, const char *fmt, ...)
{
    va_list ap;
    r->good++;
    va_start(ap, fmt);
    add(r, &good, NULL, fmt, ap);
    va_end(ap);
}

void report_bad(struct report *r, const char *advice, const char *fmt, ...)
{
    va_list ap;
    r->bad++;
    va_start(ap, fmt);
    add(r, &bad, advice, fmt, ap);
    va_end(ap);
}

void report_note(struct report *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(r, &note, NULL, fmt, ap);
    va_end(ap);
}

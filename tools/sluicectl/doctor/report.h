/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What doctor has found, told as it is found: a line each, or one JSON object at the end:
 *   {"good": 2, "bad": 1, "findings": [{"section", "subject", "result": "ok" | "bad" | "note",
 *    "text", "advice"}]}
 */
#ifndef SLUICE_TOOLS_SLUICECTL_DOCTOR_REPORT_H
#define SLUICE_TOOLS_SLUICECTL_DOCTOR_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "tools/sluicectl/command.h"

struct report {
    bool colour;
    json_t *findings; /* NULL: lines on standard output */
    char section[64], subject[256];
    unsigned good, bad;
};

void report_begin(struct report *r, bool json);

/* The sum, or the JSON. STATUS_OK if nothing is bad. */
enum status report_end(struct report *r);

/* What the following lines are about. */
void report_heading(struct report *r, const char *section, const char *subject);

/* One line each: what is well, what is broken (with what to do about it), and a remark. */
void report_good(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_bad(struct report *r, const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

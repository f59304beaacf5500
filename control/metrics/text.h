/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats, 0.0.4).
 */
#ifndef SLUICE_CONTROL_METRICS_TEXT_H
#define SLUICE_CONTROL_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics_text {
    char *at; /* from malloc, NUL-terminated; NULL before the first line */
    size_t length, room;
    bool failed;          /* memory was out: the text is incomplete */
    const char *family;   /* the one that samples belong to */
    const char *constant; /* labels of every sample of the family, "a=\"b\"" or "" */
};

/* Begins a family. `type`: "counter", "gauge", "histogram". Names and help are ours: no escaping.
 */
void metrics_family(struct metrics_text *t, const char *name, const char *type, const char *help);

/* A label, or the end of a list of them. */
struct metrics_label {
    const char *name, *value; /* value is escaped */
};
#define METRICS_LABELS(...)                                                                        \
    (const struct metrics_label[])                                                                 \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

/* Samples of the family. `labels` may be NULL. */
void metrics_count(struct metrics_text *t, const struct metrics_label *labels, uint64_t value);
void metrics_value(struct metrics_text *t, const struct metrics_label *labels, double value);

/* Observations by upper bound. */
#define METRICS_BUCKETS_MAX 16
struct metrics_histogram {
    const double *bounds;                 /* ascending */
    size_t count;                         /* of bounds */
    uint64_t in[METRICS_BUCKETS_MAX + 1]; /* not cumulative; the last above all bounds */
    double sum;
};
void metrics_observe(struct metrics_histogram *h, double value);
void metrics_buckets(struct metrics_text *t, const struct metrics_label *labels,
                     const struct metrics_histogram *h);

void metrics_text_free(struct metrics_text *t);

#endif

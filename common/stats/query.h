/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request to a stats socket (docs/stats.md): one line of JSON, parsed into a bounded structure.
 */
#ifndef SLUICE_COMMON_STATS_QUERY_H
#define SLUICE_COMMON_STATS_QUERY_H

#include "common/clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUERY_VERSION_SPOKEN 1
#define QUERY_LINE_MAX       4096 /* bytes, with the newline */
#define QUERY_ID_MAX         64
#define QUERY_NAME_MAX       256 /* longer names name nothing */
#define QUERY_INTERVAL_MIN   (100 * USEC_PER_MS)
#define QUERY_INTERVAL_MAX   (60 * USEC_PER_SEC)

enum query_get {
    QUERY_PROCESS,
    QUERY_THREADS,
    QUERY_QUEUES,
    QUERY_POOLS,
    QUERY_ROOMS,
    QUERY_ROOM,
    QUERY_PARTICIPANT,
    QUERY_TRACK,
    QUERY_ADDRESS,
    QUERY_ALL,
    QUERY_EVENTS,
};

enum query_id { QUERY_ID_NONE, QUERY_ID_NUMBER, QUERY_ID_TEXT };

struct query {
    enum query_get get;
    enum query_id id;
    json_int_t id_number;
    char id_text[QUERY_ID_MAX + 1];
    char room[QUERY_NAME_MAX], participant[QUERY_NAME_MAX], track[QUERY_NAME_MAX]; /* "": any */
    usec_t interval;                                                               /* 0: once */
    bool has_since;
    uint64_t since;
};

enum query_result { QUERY_OK, QUERY_MALFORMED, QUERY_VERSION, QUERY_UNKNOWN };

/* Reads a line without its newline. `q->id` is valid whatever comes out, if it could be read. */
enum query_result query_parse(struct query *q, const char *line, size_t len);

/* "malformed" and so on, as clients are told. */
const char *query_result_name(enum query_result r);

/* Puts the id into a line of the answer. */
void query_put_id(const struct query *q, json_t *line);

/* True if lines of that kind belong to the answer: "all" gives all, "room" its parts. */
static inline bool query_wants(const struct query *q, enum query_get what)
{
    return q->get == what || q->get == QUERY_ALL;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One client of a stats socket (docs/stats.md), in bytes and `now`: requests in, lines out, not
 * more at a time than the client takes.
 */
#ifndef SLUICE_COMMON_STATS_CONVERSATION_H
#define SLUICE_COMMON_STATS_CONVERSATION_H

#include "common/output.h"
#include "common/stats/source.h"

#define CONVERSATION_OUTPUT   (256u << 10) /* bytes that wait at most; a longer line is left out */
#define CONVERSATION_PATIENCE (10 * USEC_PER_SEC)
#define CONVERSATION_EVENTS   (250 * USEC_PER_MS) /* how often new events are looked for */

enum conversation_state {
    CONVERSATION_IDLE,
    CONVERSATION_ANSWERING,
    CONVERSATION_SUBSCRIBED, /* waits for the next answer's time */
    CONVERSATION_EVENTING,
};

struct conversation {
    const struct stats_source *source;
    struct stats_clients *clients;
    enum conversation_state state;
    struct query query;
    char input[QUERY_LINE_MAX];
    size_t input_len;
    bool input_over; /* the client sends no more */
    bool closing;    /* once all is sent */
    struct output out;
    char *held; /* a line that found no room */
    void *answer;
    uint64_t answers, lines; /* of the subscription; of the answer */
    uint64_t after;          /* number of the last event told */
    usec_t started, next_at;
    usec_t stalled; /* since when the client takes nothing; 0: it does */
};

/* `source` and `clients` outlive it. */
void conversation_open(struct conversation *c, const struct stats_source *source,
                       struct stats_clients *clients);
void conversation_close(struct conversation *c);

/* How many bytes of input there is room for; 0: it is not to be read now. */
size_t conversation_room(const struct conversation *c);
void conversation_input(struct conversation *c, const void *data, size_t len);
void conversation_input_over(struct conversation *c);

/* Does what can be done now. */
void conversation_run(struct conversation *c, usec_t now);
usec_t conversation_deadline(const struct conversation *c);

/* What is to be sent, and what was. */
static inline size_t conversation_output(const struct conversation *c, const uint8_t **data)
{
    *data = output_waits(&c->out) ? c->out.data + c->out.begin : NULL;
    return c->out.end - c->out.begin;
}
void conversation_sent(struct conversation *c, size_t len);

/* True if the connection is to be closed: all is said, or the client does not read (counted). */
bool conversation_over(struct conversation *c, usec_t now);

#endif

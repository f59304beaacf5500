/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/conversation.h"

#include "common/stats/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void conversation_open(struct conversation *c, const struct stats_source *source,
                       struct stats_clients *clients)
{
    *c = (struct conversation){.source = source, .clients = clients};
}

static void end_answer(struct conversation *c)
{
    if (c->answer)
        c->source->close(c->source->context, c->answer);
    c->answer = NULL;
}

void conversation_close(struct conversation *c)
{
    end_answer(c);
    free(c->held);
    output_free(&c->out);
    *c = (struct conversation){0};
}

/* ---- output ---- */

static bool put_held(struct conversation *c)
{
    if (c->held &&
        !output_put(&c->out, CONVERSATION_OUTPUT, (const uint8_t *)c->held, strlen(c->held)))
        return false;
    free(c->held);
    c->held = NULL;
    return true;
}

/* Consumes the line. Only while nothing is held. */
static void say(struct conversation *c, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0;
    json_decref(line);
    char *grown = text && len + 1 < CONVERSATION_OUTPUT ? realloc(text, len + 2) : NULL;
    if (!grown) {
        free(text);
        return;
    }
    memcpy(grown + len, "\n", 2);
    c->held = grown;
    c->lines++;
    put_held(c);
}

void conversation_sent(struct conversation *c, size_t len)
{
    if (len > 0)
        c->stalled = 0;
    c->out.begin += len;
    if (!output_waits(&c->out))
        output_clear(&c->out);
}

/* ---- requests ---- */

static void refuse(struct conversation *c, const char *error, const char *text)
{
    json_t *o = line_new("error");
    line_count(o, "v", QUERY_VERSION_SPOKEN);
    query_put_id(&c->query, o);
    line_text(o, "error", error);
    line_text(o, "text", text);
    say(c, o);
}

static void begin(struct conversation *c, uint64_t seq, usec_t now)
{
    json_t *o = line_new("begin");
    line_count(o, "v", QUERY_VERSION_SPOKEN);
    query_put_id(&c->query, o);
    line_text(o, "source", c->source->name);
    line_count(o, "pid", (uint64_t)getpid());
    line_count(o, "unix_us", clock_realtime());
    line_count(o, "mono_us", now);
    line_count(o, "seq", seq);
    say(c, o);
    c->lines = 0;
}

static void start_answer(struct conversation *c, usec_t now)
{
    begin(c, c->answers, now);
    c->started = now;
    c->answer = c->source->open(c->source->context, &c->query, c->clients);
    c->state = CONVERSATION_ANSWERING;
}

static void start_events(struct conversation *c, usec_t now)
{
    uint64_t newest = c->source->newest(c->source->context);
    c->after = c->query.has_since && c->query.since < newest ? c->query.since : newest;
    begin(c, newest, now);
    c->next_at = now;
    c->state = CONVERSATION_EVENTING;
}

static void take_request(struct conversation *c, const char *line, size_t len, usec_t now)
{
    static const char *const texts[] = {
        [QUERY_MALFORMED] = "a request is an object like {\"v\":1,\"get\":\"process\"}",
        [QUERY_VERSION] = "this server speaks version 1",
        [QUERY_UNKNOWN] = "no such thing to get",
    };
    enum query_result r = query_parse(&c->query, line, len);
    c->answers = 0;
    c->state = CONVERSATION_IDLE;
    if (r != QUERY_OK)
        refuse(c, query_result_name(r), texts[r]);
    else if (c->query.get == QUERY_EVENTS)
        start_events(c, now);
    else
        start_answer(c, now);
}

/* True if there was one to take. */
static bool next_request(struct conversation *c, usec_t now)
{
    const char *end = memchr(c->input, '\n', c->input_len);
    size_t len = end ? (size_t)(end - c->input) : c->input_len;
    if (!end && c->input_len == sizeof(c->input)) {
        refuse(c, "too_long", "a request has at most 4096 bytes");
        c->closing = true;
        return false;
    }
    if (!end && !(c->input_over && len > 0)) /* the last line may lack its newline */
        return false;
    char line[QUERY_LINE_MAX];
    memcpy(line, c->input, len);
    size_t used = end ? len + 1 : len;
    c->input_len -= used;
    memmove(c->input, c->input + used, c->input_len);
    if (len > 0 && !(len == 1 && line[0] == '\r'))
        take_request(c, line, len, now);
    return true;
}

size_t conversation_room(const struct conversation *c)
{
    return c->input_over || c->closing ? 0 : sizeof(c->input) - c->input_len;
}

void conversation_input(struct conversation *c, const void *data, size_t len)
{
    if (len > conversation_room(c))
        return;
    memcpy(c->input + c->input_len, data, len);
    c->input_len += len;
}

void conversation_input_over(struct conversation *c)
{
    c->input_over = true;
}

/* ---- answers ---- */

/* Answers whose time went by while the client was still busy with the one before. */
static void skip_missed(struct conversation *c, usec_t now)
{
    while (c->query.interval && c->next_at <= now) {
        c->next_at += c->query.interval;
        c->clients->skipped++;
    }
}

static void finish_answer(struct conversation *c, usec_t now)
{
    json_t *o = line_new("end");
    uint64_t lines = c->lines;
    query_put_id(&c->query, o);
    line_count(o, "seq", c->answers++);
    line_count(o, "lines", lines);
    end_answer(c);
    say(c, o);
    c->state = c->query.interval ? CONVERSATION_SUBSCRIBED : CONVERSATION_IDLE;
    c->next_at = c->started + c->query.interval;
    skip_missed(c, now);
}

static void answer(struct conversation *c, usec_t now)
{
    json_t *line = c->answer ? c->source->next(c->source->context, c->answer) : NULL;
    if (line)
        say(c, line);
    else
        finish_answer(c, now);
}

/* True if something was done. */
static bool wait_for_time(struct conversation *c, usec_t now)
{
    if (c->next_at > now)
        return false;
    if (output_waits(&c->out)) {
        skip_missed(c, now);
        return false;
    }
    start_answer(c, now);
    return true;
}

static bool tell_event(struct conversation *c, usec_t now)
{
    if (c->next_at > now)
        return false;
    json_t *line = c->source->event(c->source->context, &c->query, &c->after);
    if (!line) {
        c->next_at = now + CONVERSATION_EVENTS;
        return false;
    }
    say(c, line);
    return true;
}

static bool step(struct conversation *c, usec_t now)
{
    switch (c->state) {
    case CONVERSATION_IDLE:
        return next_request(c, now);
    case CONVERSATION_ANSWERING:
        answer(c, now);
        return true;
    case CONVERSATION_SUBSCRIBED:
        return next_request(c, now) || wait_for_time(c, now);
    case CONVERSATION_EVENTING:
        return next_request(c, now) || tell_event(c, now);
    }
    return false;
}

void conversation_run(struct conversation *c, usec_t now)
{
    while (put_held(c) && !c->closing && step(c, now))
        ;
    if (output_waits(&c->out) && c->stalled == 0)
        c->stalled = now;
}

usec_t conversation_deadline(const struct conversation *c)
{
    usec_t at = c->stalled ? c->stalled + CONVERSATION_PATIENCE : USEC_NEVER;
    bool waits = c->state == CONVERSATION_SUBSCRIBED || c->state == CONVERSATION_EVENTING;
    return waits && !c->held && c->next_at < at ? c->next_at : at;
}

bool conversation_over(struct conversation *c, usec_t now)
{
    if (output_waits(&c->out)) {
        bool stuck = c->stalled && now >= c->stalled + CONVERSATION_PATIENCE;
        c->clients->dropped += stuck;
        return stuck;
    }
    bool done = c->input_over && c->state == CONVERSATION_IDLE && c->input_len == 0;
    return c->closing || done;
}

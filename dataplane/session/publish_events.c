/* SPDX-License-Identifier: Apache-2.0 */
/* Events go into a ring: who is too slow to read them finds a gap in their numbers. */
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <stdio.h>

static void post(struct sessions *s, struct stats_event *e, const char *kind)
{
    const struct stats_segment *stats = s->config.stats;
    e->number = atomic_load_explicit(&stats->header->events, memory_order_relaxed) + 1;
    e->at = s->now;
    stats_text(e->kind, sizeof(e->kind), kind);
    stats_put(stats, STATS_EVENT_RING, (uint32_t)(e->number % STATS_EVENTS), e, sizeof(*e));
    atomic_store_explicit(&stats->header->events, e->number, memory_order_release);
}

static void name(struct stats_event *e, const struct participant *p)
{
    stats_text(e->room, sizeof(e->room), p->state->room_name);
    stats_text(e->room_sid, sizeof(e->room_sid), p->state->room_sid);
    stats_text(e->participant, sizeof(e->participant), p->state->sid);
    stats_text(e->identity, sizeof(e->identity), p->state->identity);
}

void event_plain(struct sessions *s, const char *kind, const char *text)
{
    struct stats_event e = {0};
    if (!s->config.stats)
        return;
    stats_text(e.text, sizeof(e.text), text);
    post(s, &e, kind);
}

void event_participant(struct sessions *s, const char *kind, const struct participant *p)
{
    struct stats_event e = {0};
    if (!s->config.stats)
        return;
    name(&e, p);
    post(s, &e, kind);
}

static const char *type_of(const struct track *t)
{
    return t->state->video ? "video" : "audio";
}

void event_track(struct sessions *s, const char *kind, const struct track *t)
{
    struct stats_event e = {0};
    if (!s->config.stats)
        return;
    name(&e, t->transport->participant);
    stats_text(e.track, sizeof(e.track), t->state->sid);
    stats_text(e.text, sizeof(e.text), type_of(t));
    post(s, &e, kind);
}

void event_subscription(struct sessions *s, const char *kind, const struct subscription *sub)
{
    struct stats_event e = {0};
    if (!s->config.stats)
        return;
    name(&e, sub->transport->participant);
    stats_text(e.track, sizeof(e.track), sub->track->state->sid);
    snprintf(e.text, sizeof(e.text), "%s of %s", type_of(sub->track),
             sub->track->transport->participant->state->identity);
    post(s, &e, kind);
}

static const char *kind_of(const struct transport *t)
{
    static const char *const names[] = {"single", "publisher", "subscriber"};
    return names[t->state->kind];
}

static void tell_pair(const struct transport *t, char *text, size_t size)
{
    char local[NET_ADDR_TEXT], remote[NET_ADDR_TEXT];
    const char *protocol = t->path.tcp & NET_PATH_TURN ? "turn" : t->path.tcp ? "tcp" : "udp";
    snprintf(text, size, "%s %s %s %s", kind_of(t), protocol,
             net_addr_format(&t->path.local, local), net_addr_format(&t->path.remote, remote));
}

void event_connection(struct sessions *s, const struct transport *t, bool moved)
{
    struct stats_event e = {0};
    const char *kind = moved ? "transport_moved" : NULL;
    if (!s->config.stats)
        return;
    if (t->connection == SLUICE__LINK__CONNECTION__DISCONNECTED)
        kind = "transport_disconnected";
    else if (t->connection == SLUICE__LINK__CONNECTION__FAILED)
        kind = "transport_failed";
    else if (t->connection == SLUICE__LINK__CONNECTION__CONNECTED && !moved)
        kind = "transport_connected";
    if (!kind)
        return;
    name(&e, t->participant);
    if (t->connection == SLUICE__LINK__CONNECTION__FAILED)
        snprintf(e.text, sizeof(e.text), "%s %s", kind_of(t), t->failure);
    else
        tell_pair(t, e.text, sizeof(e.text));
    post(s, &e, kind);
}

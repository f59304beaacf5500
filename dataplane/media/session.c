/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: keys, addresses, and the one timer for everything a session is due to say.
 */
#include "common/random.h"
#include "dataplane/media/engine.h"

#include <string.h>
#include <sys/socket.h>

#define IP4_UDP_OVERHEAD 28
#define IP6_UDP_OVERHEAD 48

void session_open(struct media *m, handle_t h)
{
    uint32_t i = handle_index(h);
    if (h == HANDLE_NONE || i >= m->config.sessions)
        return;
    struct session *s = &m->sessions[i];
    if (s->handle)
        session_close(m, s);
    bool touched = s->touched; /* it may stand in this turn's list */
    struct session *next_touched = s->next_touched;
    *s = (struct session){
        .handle = h,
        .report_ssrc = random_u32(),
        .next_report = USEC_NEVER,
        .next_sender_report = USEC_NEVER,
        .timer = {.kind = TIMER_SESSION},
        .twcc = &m->twcc[i],
        .touched = touched,
        .next_touched = next_touched,
    };
    LIST_INIT(&s->tracks);
    LIST_INIT(&s->downtracks);
    twcc_recorder_init(s->twcc, random_u32());
}

void session_close(struct media *m, struct session *s)
{
    s->path.remote.family = 0; /* nothing more is sent */
    while (!LIST_EMPTY(&s->downtracks))
        downtrack_close(m, LIST_FIRST(&s->downtracks));
    while (!LIST_EMPTY(&s->tracks))
        track_close(m, LIST_FIRST(&s->tracks));
    outbox_encrypt(m); /* jobs refer to its keys */
    while (s->n_remotes > 0)
        addr_map_remove(&m->remotes, &s->remotes[--s->n_remotes], session_index(m, s));
    wheel_set(&m->wheel, &s->timer, USEC_NEVER);
    srtp_key_destroy(s->receive);
    srtp_key_destroy(s->send);
    s->receive = s->send = NULL;
    s->handle = HANDLE_NONE;
}

/* Both directions begin anew: roll-over counters and replay windows belong to the keys. */
static void restart_streams(struct session *s)
{
    struct track *t;
    struct downtrack *d;
    LIST_FOREACH(t, &s->tracks, link)
    {
        for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++) {
            memset(&t->layers[i].media.srtp, 0, sizeof t->layers[i].media.srtp);
            memset(&t->layers[i].rtx.srtp, 0, sizeof t->layers[i].rtx.srtp);
        }
    }
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        munger_rekey(&d->munger);
        d->log.newest = 0;
        d->rtx_next &= 0xffff;
    }
    s->rtcp_in = (struct srtcp_stream){0};
    s->probes = (struct srtp_stream){0};
    s->rtcp_index = 0;
}

static void announce_ready(struct media *m, struct session *s)
{
    struct downtrack *d;
    if (!s->send || !s->path.remote.family)
        return;
    LIST_FOREACH(d, &s->downtracks, session_link)
    downtrack_session_ready(m, d);
    session_touch(m, s);
}

void session_set_keys(struct media *m, struct session *s, const struct media_keys *keys)
{
    outbox_encrypt(m);
    if (s->send || s->receive)
        restart_streams(s);
    srtp_key_destroy(s->receive);
    srtp_key_destroy(s->send);
    s->receive = keys->receive;
    s->send = keys->send;
    s->tag_length = keys->tag_length;
    announce_ready(m, s);
}

void session_set_path(struct media *m, struct session *s, const struct net_path *path)
{
    bool was_ready = s->send && s->path.remote.family;
    s->path = *path;
    s->ip_overhead = path->remote.family == AF_INET6 ? IP6_UDP_OVERHEAD : IP4_UDP_OVERHEAD;
    if (!was_ready)
        announce_ready(m, s);
}

void session_add_remote(struct media *m, struct session *s, const struct net_addr *remote)
{
    session_remove_remote(m, s, remote);
    if (s->n_remotes == SESSION_REMOTES_MAX)
        session_remove_remote(m, s, &s->remotes[0]);
    if (addr_map_put(&m->remotes, remote, session_index(m, s)))
        s->remotes[s->n_remotes++] = *remote;
}

void session_remove_remote(struct media *m, struct session *s, const struct net_addr *remote)
{
    for (unsigned i = 0; i < s->n_remotes; i++) {
        if (!net_addr_equal(&s->remotes[i], remote))
            continue;
        addr_map_remove(&m->remotes, remote, session_index(m, s));
        s->n_remotes--;
        memmove(&s->remotes[i], &s->remotes[i + 1], (s->n_remotes - i) * sizeof s->remotes[0]);
        return;
    }
}

void session_keep_early_clock(struct media *m, struct session *s, const struct rtcp_report *r)
{
    s->early[s->next_early] = (struct early_clock){
        .ssrc = r->sender,
        .clock = {.ntp = r->ntp, .rtp = r->rtp_ts, .arrival = m->now},
    };
    s->next_early = (uint8_t)((s->next_early + 1) % EARLY_CLOCKS);
}

void session_touch(struct media *m, struct session *s)
{
    if (s->touched)
        return;
    s->touched = true;
    s->next_touched = m->touched;
    m->touched = s;
}

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

void session_settle(struct media *m, struct session *s)
{
    if (!s->handle)
        return;
    usec_t due = feedback_deadline(s);
    if (due <= m->now) {
        feedback_run(m, s);
        due = feedback_deadline(s);
    }
    if (s->next_sender_report == USEC_NEVER && !LIST_EMPTY(&s->downtracks))
        s->next_sender_report = m->now + SENDER_REPORT_INTERVAL;
    if (bandwidth_deadline(s) <= m->now)
        bandwidth_run(m, s);
    due = earlier(earlier(due, s->next_sender_report), bandwidth_deadline(s));
    wheel_set(&m->wheel, &s->timer, due);
}

void session_due(struct media *m, struct session *s)
{
    if (s->next_sender_report <= m->now) {
        sender_report_run(m, s);
        s->next_sender_report =
            LIST_EMPTY(&s->downtracks) ? USEC_NEVER : m->now + SENDER_REPORT_INTERVAL;
    }
    session_touch(m, s);
}

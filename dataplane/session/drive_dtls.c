/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake, the SRTP keys that come of it, and the records that carry data channels. */
#include "common/log.h"
#include "dataplane/session/engine.h"

/* By then a peer that misses our last flight has asked for it several times. */
#define SETTLE_AFTER (10 * USEC_PER_SEC)

bool dtls_drive_open(struct sessions *s, struct transport *t)
{
    bool client = t->remote && t->remote->dtls_client;
    t->dtls = dtls_create(s->dtls, client, t, s->now);
    return t->dtls != NULL;
}

static const struct net_path *way_to(const struct transport *t)
{
    return t->path.remote.family ? &t->path : &t->dtls_path;
}

static void send_output(struct sessions *s, struct transport *t)
{
    const struct net_path *path = way_to(t);
    uint8_t buf[DTLS_MTU];
    size_t len;
    if (!path->remote.family)
        return;
    while ((len = dtls_output(t->dtls, buf)) > 0)
        s->out.packet(s->out.context, t->state->worker, path, buf, len);
}

static void install_keys(struct sessions *s, struct transport *t)
{
    struct srtp_master receive, send;
    if (!dtls_srtp_masters(t->dtls, &receive, &send)) {
        log_warn("dtls", "peer negotiated no SRTP profile transport=%llu",
                 (unsigned long long)t->state->id);
        return;
    }
    struct media_command c = {.type = MEDIA_SET_KEYS, .handle = t->handle};
    c.keys.receive = srtp_key_create(s->srtp, &receive);
    c.keys.send = srtp_key_create(s->srtp, &send);
    c.keys.tag_length = (uint8_t)srtp_tag_length(send.profile);
    if (!c.keys.receive || !c.keys.send) {
        srtp_key_destroy(c.keys.receive);
        srtp_key_destroy(c.keys.send);
        log_error("dtls", "no memory for SRTP keys");
        return;
    }
    s->out.command(s->out.context, t->state->worker, &c);
    t->keyed = true;
    t->keyed_at = s->now;
    t->tag_length = c.keys.tag_length;
}

static void take_data(struct sessions *s, struct transport *t)
{
    uint8_t buf[DATA_INPUT_MAX];
    size_t len;
    bool any = false;
    while ((len = dtls_read(t->dtls, buf, sizeof(buf))) > 0) {
        any = true;
        if (!t->data || !data_input(t->data, buf, len, s->now))
            counters_add(s->counters, COUNTER_DROP_SCTP_MALFORMED, 1);
    }
    if (any && t->keyed && !t->settled)
        dtls_drive_settle(s, t);
}

usec_t dtls_drive_settle_at(const struct transport *t)
{
    return t->keyed && !t->settled ? t->keyed_at + SETTLE_AFTER : USEC_NEVER;
}

void dtls_drive_settle(struct sessions *s, struct transport *t)
{
    bool last_try = dtls_drive_settle_at(t) <= s->now;
    t->settled = dtls_settle(t->dtls) || last_try;
    if (t->settled)
        trim_later(s);
}

void dtls_drive_run(struct sessions *s, struct transport *t)
{
    send_output(s, t);
    if (dtls_state(t->dtls) == DTLS_CONNECTED) {
        if (!t->keyed)
            install_keys(s, t);
        data_drive_open(s, t);
        take_data(s, t);
    }
    session_transport_update_connection(s, t);
}

void dtls_drive_input(struct sessions *s, struct transport *t, const struct net_path *path,
                      const uint8_t *data, size_t len)
{
    t->dtls_path = *path;
    switch (dtls_input(t->dtls, data, len, s->now)) {
    case DTLS_MALFORMED:
        counters_add(s->counters, COUNTER_DROP_DTLS_MALFORMED, 1);
        break;
    case DTLS_BAD_PEER:
        counters_add(s->counters, COUNTER_DROP_DTLS_FINGERPRINT, 1);
        break;
    default:
        break;
    }
    dtls_drive_run(s, t);
    data_drive_run(s);
    session_transport_schedule(s, t);
}

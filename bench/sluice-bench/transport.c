/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/transport.h"

#include <string.h>

#define HANDSHAKE_LIFETIME (30 * USEC_PER_SEC)
#define RTCP_ROOM          (OUTBOX_DATAGRAM - SRTCP_EXPAND_MAX)

void transport_init(struct transport *t, const struct dtls_context *context,
                    struct srtp_engine *engine, const char *own_pwd)
{
    *t = (struct transport){.context = context, .engine = engine};
    connectivity_init(&t->ice, own_pwd);
}

void transport_free(struct transport *t)
{
    if (t->dtls)
        dtls_destroy(t->dtls);
    srtp_key_destroy(t->receive);
    srtp_key_destroy(t->send);
    t->dtls = NULL;
    t->receive = t->send = NULL;
}

void transport_remote(struct transport *t, const char *own_ufrag, const struct sdp_remote *remote,
                      bool we_are_client, usec_t now)
{
    if (t->state != TRANSPORT_NEW)
        return;
    t->state = TRANSPORT_CHECKING;
    t->dtls_client = we_are_client;
    memcpy(t->fingerprint, remote->fingerprint, sizeof t->fingerprint);
    connectivity_remote(&t->ice, own_ufrag, remote->ufrag, remote->pwd, now);
}

static void take_keys(struct transport *t)
{
    struct srtp_master receive, send;
    if (dtls_srtp_masters(t->dtls, &receive, &send)) {
        t->receive = srtp_key_create(t->engine, &receive);
        t->send = srtp_key_create(t->engine, &send);
    }
    t->state = t->receive && t->send ? TRANSPORT_CONNECTED : TRANSPORT_FAILED;
}

static void flush_dtls(struct transport *t, struct outbox *out)
{
    struct outbox_datagram *d;
    while ((d = outbox_next(out))) {
        size_t len = dtls_output(t->dtls, d->data);
        if (len == 0)
            break;
        d->to = (struct net_addr){0};
        outbox_commit(out, len);
    }
    if (t->state != TRANSPORT_HANDSHAKE)
        return;
    if (dtls_state(t->dtls) == DTLS_CONNECTED)
        take_keys(t);
    else if (dtls_state(t->dtls) == DTLS_FAILED)
        t->state = TRANSPORT_FAILED;
}

static void begin_handshake(struct transport *t, usec_t now, struct outbox *out)
{
    t->dtls = dtls_create(t->context, t->dtls_client, NULL, now);
    if (!t->dtls) {
        t->state = TRANSPORT_FAILED;
        return;
    }
    dtls_set_fingerprint(t->dtls, t->fingerprint);
    t->state = TRANSPORT_HANDSHAKE;
    t->handshake_expires = now + HANDSHAKE_LIFETIME;
    flush_dtls(t, out);
}

static void input_dtls(struct transport *t, const uint8_t *data, size_t len, usec_t now,
                       struct outbox *out)
{
    uint8_t record[DTLS_INPUT_MAX];
    if (!t->dtls)
        return;
    dtls_input(t->dtls, data, len, now);
    while (dtls_read(t->dtls, record, sizeof record) > 0)
        ;
    flush_dtls(t, out);
}

static enum transport_input input_media(struct transport *t, uint8_t *data, size_t *len)
{
    if (*len < 12 || !t->receive)
        return TRANSPORT_BAD;
    uint8_t pt = data[1];
    if (pt < 192 || pt > 223)
        return TRANSPORT_RTP;
    size_t plain;
    if (srtcp_unprotect(t->engine, t->receive, &t->rtcp_in, data, *len, &plain) != SRTP_OK)
        return TRANSPORT_BAD;
    *len = plain;
    return TRANSPORT_RTCP;
}

/* The kinds of datagram by their first byte: RFC 7983. */
enum transport_input transport_input(struct transport *t, const struct net_addr *from,
                                     uint8_t *data, size_t *len, usec_t now, struct outbox *out)
{
    if (*len == 0)
        return TRANSPORT_BAD;
    uint8_t first = data[0];
    if (first >= 128 && first <= 191)
        return input_media(t, data, len);
    if (first >= 20 && first <= 63) {
        input_dtls(t, data, *len, now, out);
        return TRANSPORT_TAKEN;
    }
    if (first > 3)
        return TRANSPORT_BAD;
    if (connectivity_input(&t->ice, from, data, *len, now, out))
        begin_handshake(t, now, out);
    return TRANSPORT_TAKEN;
}

void transport_send_rtcp(struct transport *t, struct outbox *out, size_t len)
{
    struct outbox_datagram *d = outbox_next(out);
    if (!d || len == 0 || len > RTCP_ROOM || !t->send)
        return;
    d->to = (struct net_addr){0};
    outbox_commit(out, srtcp_protect(t->engine, t->send, d->data, len, t->rtcp_index++));
}

usec_t transport_deadline(const struct transport *t)
{
    usec_t at = connectivity_deadline(&t->ice);
    if (t->state != TRANSPORT_HANDSHAKE)
        return at;
    usec_t dtls = dtls_deadline(t->dtls);
    at = dtls < at ? dtls : at;
    return t->handshake_expires < at ? t->handshake_expires : at;
}

void transport_run(struct transport *t, usec_t now, struct outbox *out)
{
    connectivity_run(&t->ice, now, out);
    if (t->ice.failed || (t->state == TRANSPORT_HANDSHAKE && now >= t->handshake_expires)) {
        t->state = TRANSPORT_FAILED;
        return;
    }
    if (t->state != TRANSPORT_HANDSHAKE || now < dtls_deadline(t->dtls))
        return;
    dtls_timeout(t->dtls, now);
    flush_dtls(t, out);
}

const char *transport_error(const struct transport *t)
{
    if (t->ice.failed)
        return t->ice.selected.family ? "ICE consent lost" : "no candidate answered";
    if (t->dtls && dtls_state(t->dtls) == DTLS_FAILED)
        return dtls_error(t->dtls);
    return "DTLS handshake timed out";
}

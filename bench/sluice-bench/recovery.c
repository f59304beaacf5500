/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/recovery.h"

#include "common/bytes.h"
#include "common/random.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtp/packet.h"

#include <stdlib.h>

#define ASK_INTERVAL (10 * USEC_PER_MS)

void recovery_open(struct subscriber_stream *s)
{
    s->nack = malloc(sizeof *s->nack);
    if (s->nack)
        nack_generator_init(s->nack);
}

void recovery_close(struct subscriber_stream *s)
{
    free(s->nack);
    s->nack = NULL;
}

bool recovery_loses(const struct subscriber *s)
{
    return s->lose > 0 && random_u32() % 1000 < s->lose;
}

/* Numbers of 64 bits, never 0, from what the stream counts. */
void recovery_received(struct subscriber_stream *s, uint16_t seq, usec_t now)
{
    if (!s->nack)
        return;
    uint64_t highest = ((uint64_t)s->cycles + 1) << 16 | s->highest;
    nack_generator_received(s->nack, highest - (uint16_t)(s->highest - seq), now);
}

bool recovery_read(struct subscriber_stream *rtx, const struct transport *t, const uint8_t *data,
                   size_t len, uint16_t *seq)
{
    uint8_t plain[SRTP_PACKET_MAX];
    struct rtp_packet p;
    size_t plain_len;
    uint64_t index;
    if (len > sizeof plain || !rtp_parse_header(&p, data, len) ||
        srtp_unprotect(t->engine, t->receive, &rtx->srtp, data, len, p.header_len, plain,
                       &plain_len, &index) != SRTP_OK ||
        !rtp_parse(&p, plain, plain_len) || p.payload_len <= 2)
        return false;
    *seq = be16_get(p.payload);
    return true;
}

static void ask_for(struct subscriber *s, struct subscriber_stream *stream, struct transport *t,
                    usec_t now, struct outbox *out, struct counters *c)
{
    uint16_t seqs[NACK_MISSING_MAX];
    struct outbox_datagram *d = outbox_next(out);
    size_t n = d ? nack_generator_due(stream->nack, now, seqs) : 0;
    if (n == 0)
        return;
    struct writer w = writer_of(d->data, sizeof d->data - SRTCP_EXPAND_MAX);
    rtcp_write_rr(&w, s->own_ssrc, NULL, 0);
    rtcp_write_nack(&w, s->own_ssrc, stream->ssrc, seqs, n);
    transport_send_rtcp(t, out, writer_length(&w));
    counter_add(&c->asked, n);
}

void recovery_ask(struct subscriber *s, struct transport *t, usec_t now, struct outbox *out,
                  struct counters *c)
{
    if (s->lose == 0 || now < s->next_ask)
        return;
    s->next_ask = now + ASK_INTERVAL;
    for (unsigned i = 0; i < s->count; i++) {
        struct subscriber_stream *stream = &s->streams[i];
        if (stream->nack && now >= nack_generator_deadline(stream->nack))
            ask_for(s, stream, t, now, out, c);
    }
}

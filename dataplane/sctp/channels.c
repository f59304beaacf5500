/* SPDX-License-Identifier: Apache-2.0 */
/* The channels of an association: opening (RFC 8832) and closing (RFC 8831 section 6.7). */
#include "dataplane/sctp/sctp_internal.h"

#include <errno.h>
#include <string.h>

struct data_channel *data_channel_find(struct data_association *a, uint16_t id)
{
    for (int i = 0; i < DATA_CHANNELS_MAX; i++) {
        if (a->channels[i].used && a->channels[i].id == id)
            return &a->channels[i];
    }
    return NULL;
}

static struct data_channel *take(struct data_association *a, uint16_t id,
                                 const struct data_channel_type *type)
{
    for (int i = 0; i < DATA_CHANNELS_MAX; i++) {
        struct data_channel *c = &a->channels[i];
        if (c->used)
            continue;
        *c = (struct data_channel){.used = true, .id = id, .type = *type};
        return c;
    }
    return NULL;
}

/* ---- what is still to be sent ---- */

/* Requests the reset of our side of a stream; false if it must be tried again. */
static bool reset_stream(struct data_association *a, uint16_t stream)
{
    union {
        struct sctp_reset_streams request;
        uint8_t bytes[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
    } u = {.request = {.srs_flags = SCTP_STREAM_RESET_OUTGOING, .srs_number_streams = 1}};
    memcpy(u.bytes + sizeof(struct sctp_reset_streams), &stream, sizeof(stream));
    int r = usrsctp_setsockopt(a->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &u, sizeof(u.bytes));
    return r == 0 || (errno != EALREADY && errno != EAGAIN && errno != ENOMEM);
}

/* Sends a DCEP message; false if it must be tried again. */
static bool send_dcep(struct data_association *a, uint16_t stream, const uint8_t *message,
                      size_t len)
{
    int error = data_send_raw(a, stream, DATA_PPID_DCEP, true, DATA_RELIABLE, 0, message, len);
    return error != EWOULDBLOCK && error != ENOBUFS;
}

static void flush_channel(struct data_association *a, struct data_channel *c)
{
    uint8_t message[DCEP_MESSAGE_MAX];
    if (c->open_pending)
        c->open_pending =
            !send_dcep(a, c->id, message, dcep_write_open(message, sizeof(message), &c->type));
    if (c->ack_pending)
        c->ack_pending = !send_dcep(a, c->id, message, dcep_write_ack(message, sizeof(message)));
    if (c->reset_pending && !c->open_pending && !c->ack_pending)
        c->reset_pending = !reset_stream(a, c->id);
    if (c->closing && c->peer_reset && !c->reset_pending)
        c->used = false;
    if (c->open_pending || c->ack_pending || c->reset_pending)
        a->stack->retry = true;
}

void data_channels_flush(struct data_association *a)
{
    for (int i = 0; i < DATA_CHANNELS_MAX && a->up; i++) {
        if (a->channels[i].used)
            flush_channel(a, &a->channels[i]);
    }
}

/* ---- ours ---- */

int data_channel_create(struct data_association *a, const struct data_channel_type *type,
                        usec_t now)
{
    unsigned streams = a->up ? a->out_streams : DATA_STREAMS;
    unsigned id = a->options.dtls_client ? 0 : 1;
    while (id < streams && data_channel_find(a, (uint16_t)id))
        id += 2;
    struct data_channel *c = id < streams ? take(a, (uint16_t)id, type) : NULL;
    if (!c)
        return -1;
    data_timeout(a->stack, now);
    c->open_pending = true;
    data_channels_flush(a);
    return (int)id;
}

void data_channel_close(struct data_association *a, uint16_t channel, usec_t now)
{
    struct data_channel *c = data_channel_find(a, channel);
    if (!c || c->closing)
        return;
    data_timeout(a->stack, now);
    c->closing = true;
    c->reset_pending = true;
    data_channels_flush(a);
}

/* ---- the peer's ---- */

static void tell(struct data_association *a, const struct data_channel *c,
                 enum data_event_type type, struct data_event *e)
{
    a->stack->what = c->type;
    e->type = type;
    e->channel = c->id;
    e->what = &a->stack->what;
}

/* A peer that wanted a channel learns by the reset of its stream that there is none. */
static void refuse(struct data_association *a, uint16_t stream, struct data_event *e)
{
    e->type = DATA_DROP_DCEP;
    e->channel = stream;
    if (stream < a->out_streams && !data_channel_find(a, stream))
        reset_stream(a, stream);
}

static void open_by_peer(struct data_association *a, uint16_t stream,
                         const struct data_channel_type *type, struct data_event *e)
{
    struct data_channel *c = NULL;
    if (stream < a->out_streams && !data_channel_find(a, stream))
        c = take(a, stream, type);
    if (!c) {
        refuse(a, stream, e);
        return;
    }
    c->acked = true;
    c->ack_pending = true;
    tell(a, c, DATA_CHANNEL_OPEN, e);
    e->by_peer = true;
    data_channels_flush(a);
}

bool data_channel_dcep(struct data_association *a, uint16_t stream, const uint8_t *data, size_t len,
                       struct data_event *e)
{
    struct data_channel_type type;
    struct data_channel *c = data_channel_find(a, stream);
    switch (dcep_parse(data, len, &type)) {
    case DCEP_OPEN:
        open_by_peer(a, stream, &type, e);
        return true;
    case DCEP_ACK:
        if (!c || c->acked || c->open_pending)
            break;
        c->acked = true;
        tell(a, c, DATA_CHANNEL_OPEN, e);
        return true;
    case DCEP_MALFORMED:
        break;
    }
    refuse(a, stream, e);
    return true;
}

bool data_channel_peer_reset(struct data_association *a, uint16_t stream, struct data_event *e)
{
    struct data_channel *c = data_channel_find(a, stream);
    if (!c || c->peer_reset)
        return false;
    tell(a, c, DATA_CHANNEL_CLOSED, e);
    c->peer_reset = true;
    c->reset_pending = c->reset_pending || !c->closing;
    c->closing = true;
    data_channels_flush(a);
    return true;
}

void data_channel_set_latency(struct data_association *a, uint16_t channel, usec_t latency)
{
    struct data_channel *c = data_channel_find(a, channel);
    if (c)
        c->latency = latency;
}

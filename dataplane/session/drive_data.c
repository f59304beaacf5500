/* SPDX-License-Identifier: Apache-2.0 */
/* Data channels of a transport: opening, sending with a bounded queue, and what arrives. */
#include "common/log.h"
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_RELIABLE   "_reliable"
#define LABEL_LOSSY      "_lossy"
#define LABEL_DATA_TRACK "_data_track"

static int create(struct sessions *s, struct transport *t, const char *label, bool ordered)
{
    struct data_channel_type type = {.ordered = ordered,
                                     .reliability = ordered ? DATA_RELIABLE : DATA_RETRANSMITS};
    strncpy(type.label, label, DATA_LABEL_MAX);
    return data_channel_create(t->data, &type, s->now);
}

static void set_latencies(struct sessions *s, struct transport *t)
{
    if (t->lossy >= 0)
        data_channel_set_latency(t->data, (uint16_t)t->lossy, s->config.lossy_latency);
    if (t->data_track >= 0)
        data_channel_set_latency(t->data, (uint16_t)t->data_track, s->config.data_track_latency);
}

void data_drive_open(struct sessions *s, struct transport *t)
{
    if (t->data_opened || !t->remote || t->remote->sctp_port == 0 ||
        dtls_state(t->dtls) != DTLS_CONNECTED)
        return;
    struct data_options o = {
        .dtls_client = dtls_is_client(t->dtls),
        .local_port = 5000,
        .remote_port = (uint16_t)t->remote->sctp_port,
        .max_message_size = t->remote->max_message_size,
        .user = t,
    };
    t->data = data_open(s->data, &o, s->now);
    t->data_opened = true;
    if (!t->data) {
        log_warn("data", "no association left transport=%llu", (unsigned long long)t->state->id);
        return;
    }
    if (t->state->kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER) {
        t->reliable = create(s, t, LABEL_RELIABLE, true);
        t->lossy = create(s, t, LABEL_LOSSY, false);
        if (s->config.data_tracks)
            t->data_track = create(s, t, LABEL_DATA_TRACK, false);
        set_latencies(s, t);
    }
}

static void drop_queue(struct transport *t)
{
    if (!STAILQ_EMPTY(&t->queue))
        LIST_REMOVE(t, blocked);
    while (!STAILQ_EMPTY(&t->queue)) {
        struct data_queued *q = STAILQ_FIRST(&t->queue);
        STAILQ_REMOVE_HEAD(&t->queue, link);
        free(q);
    }
    t->queued = 0;
}

void data_drive_close(struct transport *t)
{
    if (t->data)
        data_close(t->data);
    t->data = NULL;
    t->reliable = t->lossy = t->data_track = -1;
    drop_queue(t);
}

static void count_unsent(struct sessions *s, enum data_send_result r)
{
    if (r == DATA_NO_CHANNEL)
        counters_add(s->counters, COUNTER_DROP_DATA_NOT_OPEN, 1);
    else if (r != DATA_SENT)
        counters_add(s->counters, COUNTER_DROP_DATA_BACKPRESSURE, 1);
}

static enum data_send_result send_on(struct sessions *s, struct transport *t, int channel,
                                     const uint8_t *data, size_t len)
{
    if (!t->data || channel < 0)
        return DATA_NO_CHANNEL;
    return data_send(t->data, (uint16_t)channel, true, data, len, s->now);
}

static void drain_queue(struct sessions *s, struct transport *t)
{
    while (t->data_ready && !STAILQ_EMPTY(&t->queue)) {
        struct data_queued *q = STAILQ_FIRST(&t->queue);
        enum data_send_result r = send_on(s, t, t->reliable, q->data, q->len);
        if (r == DATA_WOULD_BLOCK)
            return;
        count_unsent(s, r);
        STAILQ_REMOVE_HEAD(&t->queue, link);
        t->queued -= q->len;
        free(q);
        if (STAILQ_EMPTY(&t->queue))
            LIST_REMOVE(t, blocked);
    }
}

static void tell_ready(struct sessions *s, struct transport *t)
{
    Sluice__Link__DataReady m = SLUICE__LINK__DATA_READY__INIT;
    m.transport = t->state->id;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DATA_READY;
    e.data_ready = &m;
    s->out.event(s->out.context, &e);
}

static void opened_by_peer(struct sessions *s, struct transport *t, const struct data_event *e)
{
    if (strcmp(e->what->label, LABEL_RELIABLE) == 0)
        t->reliable = e->channel;
    else if (strcmp(e->what->label, LABEL_LOSSY) == 0)
        t->lossy = e->channel;
    else if (strcmp(e->what->label, LABEL_DATA_TRACK) == 0 && s->config.data_tracks)
        t->data_track = e->channel;
    else if (strcmp(e->what->label, LABEL_DATA_TRACK) == 0)
        data_channel_close(t->data, e->channel, s->now);
    set_latencies(s, t);
}

static void channel_open(struct sessions *s, struct transport *t, const struct data_event *e)
{
    if (e->by_peer)
        opened_by_peer(s, t, e);
    if (t->data_ready || t->reliable < 0 || t->lossy < 0)
        return;
    t->data_ready = true;
    tell_ready(s, t);
    session_publish_transport(s, t);
    drain_queue(s, t);
    data_replay(s, t);
}

static void channel_closed(struct transport *t, int channel)
{
    if (channel == t->reliable)
        t->reliable = -1;
    if (channel == t->lossy)
        t->lossy = -1;
    if (channel == t->data_track)
        t->data_track = -1;
}

static void message(struct sessions *s, struct transport *t, const struct data_event *e)
{
    if (e->channel == t->reliable || e->channel == t->lossy)
        data_route(s, t, e->channel == t->reliable, e->data, e->len);
    else if (e->channel == t->data_track)
        data_track_route(s, t, e->data, e->len);
    else if (strcmp(e->what->label, LABEL_DATA_TRACK) == 0)
        counters_add(s->counters, COUNTER_DROP_DATA_TRACK, 1);
    else
        data_route_unlabelled(s, t, e->what->reliability == DATA_RELIABLE, e->data, e->len);
}

static void handle_event(struct sessions *s, const struct data_event *e)
{
    struct transport *t = data_user(e->association);
    switch (e->type) {
    case DATA_UP:
        break;
    case DATA_DOWN:
        data_drive_close(t);
        break;
    case DATA_CHANNEL_OPEN:
        channel_open(s, t, e);
        break;
    case DATA_CHANNEL_CLOSED:
        channel_closed(t, e->channel);
        break;
    case DATA_MESSAGE:
        message(s, t, e);
        break;
    case DATA_DROP_DCEP:
        counters_add(s->counters, COUNTER_DROP_DCEP_MALFORMED, 1);
        break;
    case DATA_DROP_MESSAGE:
        counters_add(s->counters, COUNTER_DROP_DATA_MALFORMED, 1);
        break;
    }
}

/* One SCTP packet as a DTLS record. */
static void send_packet(struct sessions *s, struct transport *t, const uint8_t *data, size_t len)
{
    if (!t->dtls || dtls_write(t->dtls, data, len, s->now) != DTLS_OK)
        return;
    const struct net_path *path = t->path.remote.family ? &t->path : &t->dtls_path;
    uint8_t record[DTLS_MTU];
    size_t n;
    while ((n = dtls_output(t->dtls, record)) > 0)
        s->out.packet(s->out.context, t->state->worker, path, record, n);
}

static void send_packets(struct sessions *s)
{
    struct data_association *a;
    uint8_t packet[DATA_PACKET_MAX];
    size_t len;
    while ((len = data_output(s->data, &a, packet)) > 0)
        send_packet(s, data_user(a), packet, len);
}

void data_drive_run(struct sessions *s)
{
    struct data_event e;
    while (data_next_event(s->data, &e))
        handle_event(s, &e);
    send_packets(s);
    if (LIST_EMPTY(&s->blocked))
        return;
    struct transport *t = LIST_FIRST(&s->blocked);
    while (t) {
        struct transport *next = LIST_NEXT(t, blocked);
        drain_queue(s, t);
        t = next;
    }
    send_packets(s);
}

/* A receiver that is slower than the configuration wants gets no queue. */
static size_t queue_limit(const struct sessions *s, const struct transport *t)
{
    if (!t->data_ready)
        return DATA_JOINING_MAX;
    uint64_t rate = 8 * (uint64_t)data_rate(t->data);
    bool slow = rate > 0 && rate < s->config.slow_threshold;
    return slow ? 0 : DATA_QUEUE_MAX;
}

static void enqueue(struct sessions *s, struct transport *t, const uint8_t *data, size_t len)
{
    bool fits = t->queued + len <= queue_limit(s, t);
    struct data_queued *q = fits ? malloc(sizeof(*q) + len) : NULL;
    if (!q) {
        counters_add(s->counters, COUNTER_DROP_DATA_BACKPRESSURE, 1);
        return;
    }
    q->len = (uint32_t)len;
    memcpy(q->data, data, len);
    if (STAILQ_EMPTY(&t->queue))
        LIST_INSERT_HEAD(&s->blocked, t, blocked);
    STAILQ_INSERT_TAIL(&t->queue, q, link);
    t->queued += len;
}

static void send_reliable(struct sessions *s, struct transport *t, const uint8_t *data, size_t len)
{
    enum data_send_result r = DATA_WOULD_BLOCK;
    if (t->data_ready && STAILQ_EMPTY(&t->queue))
        r = send_on(s, t, t->reliable, data, len);
    if (r == DATA_WOULD_BLOCK)
        enqueue(s, t, data, len);
    else
        count_unsent(s, r);
}

void data_drive_send(struct sessions *s, struct transport *t, bool reliable, const uint8_t *data,
                     size_t len)
{
    if (reliable)
        send_reliable(s, t, data, len);
    else
        count_unsent(s, send_on(s, t, t->data_ready ? t->lossy : -1, data, len));
}

void data_drive_send_track(struct sessions *s, struct transport *t, const uint8_t *data, size_t len)
{
    count_unsent(s, send_on(s, t, t->data_ready ? t->data_track : -1, data, len));
}

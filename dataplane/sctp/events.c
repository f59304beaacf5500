/* SPDX-License-Identifier: Apache-2.0 */
/* From what usrsctp hands over to what the owner is told. */
#include "dataplane/sctp/sctp_internal.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void free_received(struct received *r)
{
    if (r)
        free(r->data);
    free(r);
}

int data_on_receive(struct socket *so, union sctp_sockstore from, void *data, size_t len,
                    struct sctp_rcvinfo info, int flags, void *ulp)
{
    (void)so;
    (void)from;
    struct data_stack *s = data_the_stack();
    struct data_association *a = data_find(s, (handle_t)(uintptr_t)ulp);
    struct received *r = a && data ? malloc(sizeof(*r)) : NULL;
    if (!r) {
        free(data);
        return 1;
    }
    *r = (struct received){.owner = a->handle,
                           .stream = info.rcv_sid,
                           .ppid = ntohl(info.rcv_ppid),
                           .flags = flags,
                           .len = len,
                           .data = data};
    if (s->tail)
        s->tail->next = r;
    else
        s->head = r;
    s->tail = r;
    return 1;
}

int data_on_send_space(struct socket *so, uint32_t free_bytes, void *ulp)
{
    (void)so;
    struct data_association *a = data_find(data_the_stack(), (handle_t)(uintptr_t)ulp);
    if (a)
        a->buffered = free_bytes < DATA_SEND_BUFFER ? DATA_SEND_BUFFER - free_bytes : 0;
    return 1;
}

/* ---- notifications ---- */

static bool association_changed(struct data_association *a, const struct sctp_assoc_change *n,
                                struct data_event *e)
{
    switch (n->sac_state) {
    case SCTP_COMM_UP:
        if (a->up)
            return false;
        a->up = true;
        a->out_streams =
            n->sac_outbound_streams < DATA_STREAMS ? n->sac_outbound_streams : DATA_STREAMS;
        data_channels_flush(a);
        e->type = DATA_UP;
        return true;
    case SCTP_RESTART: /* its channels are gone as well */
    case SCTP_COMM_LOST:
    case SCTP_SHUTDOWN_COMP:
    case SCTP_CANT_STR_ASSOC:
        a->up = false;
        e->type = DATA_DOWN;
        return true;
    default:
        return false;
    }
}

/* The next stream of the list that is a channel; r->at says how far it was told. No list means all
 * streams. */
static bool streams_reset(struct data_association *a, struct received *r, struct data_event *e)
{
    const struct sctp_stream_reset_event *n = (const struct sctp_stream_reset_event *)r->data;
    size_t listed = (n->strreset_length - sizeof(*n)) / sizeof(uint16_t);
    const unsigned failed = SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED;
    if (!(n->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) || n->strreset_flags & failed)
        return false;
    size_t count = listed > 0 ? listed : DATA_STREAMS;
    while (r->at < count) {
        uint16_t stream = (uint16_t)r->at;
        if (listed > 0)
            memcpy(&stream, r->data + sizeof(*n) + r->at * sizeof(stream), sizeof(stream));
        r->at++;
        if (data_channel_peer_reset(a, stream, e))
            return true;
    }
    return false;
}

static bool notification(struct data_association *a, struct received *r, struct data_event *e)
{
    const union sctp_notification *n = (const union sctp_notification *)r->data;
    if (r->len < sizeof(n->sn_header) || r->len < n->sn_header.sn_length)
        return false;
    switch (n->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
        return n->sn_header.sn_length >= sizeof(n->sn_assoc_change) &&
               association_changed(a, &n->sn_assoc_change, e);
    case SCTP_STREAM_RESET_EVENT:
        return n->sn_header.sn_length >= sizeof(n->sn_strreset_event) && streams_reset(a, r, e);
    case SCTP_PARTIAL_DELIVERY_EVENT:
        a->discarding = false;
        return false;
    default:
        return false;
    }
}

/* ---- messages ---- */

/* A message that is too long comes in parts; the first one is told as a drop. */
static bool is_whole(struct data_association *a, const struct received *r, bool *told)
{
    bool last = r->flags & MSG_EOR;
    bool whole = last && !a->discarding && r->len <= DATA_MESSAGE_MAX;
    *told = a->discarding;
    a->discarding = !last;
    return whole;
}

static bool user_message(struct data_association *a, const struct received *r, struct data_event *e)
{
    const struct data_channel *c = data_channel_find(a, r->stream);
    bool empty = r->ppid == DATA_PPID_STRING_EMPTY || r->ppid == DATA_PPID_BINARY_EMPTY;
    bool binary = r->ppid == DATA_PPID_BINARY || r->ppid == DATA_PPID_BINARY_EMPTY;
    bool known = empty || binary || r->ppid == DATA_PPID_STRING;
    e->channel = r->stream;
    e->type = DATA_DROP_MESSAGE;
    if (!c || c->peer_reset || !known)
        return true;
    a->stack->what = c->type;
    e->what = &a->stack->what;
    e->type = DATA_MESSAGE;
    e->binary = binary;
    e->data = r->data;
    e->len = empty ? 0 : r->len;
    return true;
}

static bool message(struct data_association *a, const struct received *r, struct data_event *e)
{
    bool told;
    if (!is_whole(a, r, &told)) {
        e->type = DATA_DROP_MESSAGE;
        e->channel = r->stream;
        return !told;
    }
    if (r->ppid == DATA_PPID_DCEP)
        return data_channel_dcep(a, r->stream, r->data, r->len, e);
    return user_message(a, r, e);
}

/* ---- the queue ---- */

static void drop_head(struct data_stack *s)
{
    struct received *r = s->head;
    free_received(s->current);
    s->current = r; /* its bytes may be in the event: they stay until the next call */
    s->head = r->next;
    if (!s->head)
        s->tail = NULL;
}

void data_drop_received(struct data_stack *s)
{
    while (s->head)
        drop_head(s);
    free_received(s->current);
    s->current = NULL;
}

bool data_next_event(struct data_stack *s, struct data_event *e)
{
    while (s->head) {
        struct received *r = s->head;
        struct data_association *a = data_find(s, r->owner);
        *e = (struct data_event){.association = a};
        bool is_notification = r->flags & MSG_NOTIFICATION;
        bool told = a && (is_notification ? notification(a, r, e) : message(a, r, e));
        bool more = told && e->type == DATA_CHANNEL_CLOSED;
        if (!more)
            drop_head(s);
        if (told)
            return true;
    }
    free_received(s->current);
    s->current = NULL;
    return false;
}

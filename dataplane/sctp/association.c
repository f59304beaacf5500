/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/sctp_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define SCTP_HEADER      12
#define SCTP_CHUNK_LEAST 4

/* ---- opening ---- */

static bool set(struct socket *so, int level, int name, const void *value, socklen_t len)
{
    return usrsctp_setsockopt(so, level, name, value, len) == 0;
}

static bool set_int(struct socket *so, int level, int name, int value)
{
    return set(so, level, name, &value, sizeof(value));
}

static bool subscribe(struct socket *so)
{
    static const uint16_t wanted[] = {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT,
                                      SCTP_PARTIAL_DELIVERY_EVENT};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
        const struct sctp_event ev = {
            .se_assoc_id = SCTP_ALL_ASSOC, .se_type = wanted[i], .se_on = 1};
        if (!set(so, IPPROTO_SCTP, SCTP_EVENT, &ev, sizeof(ev)))
            return false;
    }
    return true;
}

static bool configure(struct socket *so)
{
    const struct sctp_assoc_value reset = {.assoc_id = SCTP_ALL_ASSOC,
                                           .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
    const struct sctp_initmsg init = {.sinit_num_ostreams = DATA_STREAMS,
                                      .sinit_max_instreams = DATA_STREAMS};
    const struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE,
                                          .spp_pathmtu = DATA_PACKET_MAX - SCTP_HEADER};
    const struct linger abort_at_close = {.l_onoff = 1};
    return usrsctp_set_non_blocking(so, 1) == 0 && subscribe(so) &&
           set(so, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof(abort_at_close)) &&
           set_int(so, SOL_SOCKET, SO_SNDBUF, DATA_SEND_BUFFER) &&
           set_int(so, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER) &&
           set_int(so, IPPROTO_SCTP, SCTP_NODELAY, 1) &&
           set_int(so, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, DATA_MESSAGE_MAX + 1) &&
           set(so, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &reset, sizeof(reset)) &&
           set(so, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init)) &&
           set(so, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path));
}

/* Both sides connect (RFC 8831 section 6.2): whoever's INIT comes first is answered. */
static bool start(struct data_association *a)
{
    struct sockaddr_conn local = {.sconn_family = AF_CONN, .sconn_addr = data_address(a)};
    struct sockaddr_conn remote = local;
    local.sconn_port = htons(a->options.local_port);
    remote.sconn_port = htons(a->options.remote_port);
    if (usrsctp_bind(a->socket, (struct sockaddr *)&local, sizeof(local)) != 0)
        return false;
    return usrsctp_connect(a->socket, (struct sockaddr *)&remote, sizeof(remote)) == 0 ||
           errno == EINPROGRESS;
}

struct data_association *data_open(struct data_stack *s, const struct data_options *o, usec_t now)
{
    if (s->handles.used == 0)
        s->last_tick = now; /* nobody ticked meanwhile */
    handle_t h = handle_take(&s->handles);
    if (h == HANDLE_NONE)
        return NULL;
    struct data_association *a = &s->associations[handle_index(h)];
    bool registered = a->registered;
    *a = (struct data_association){.stack = s, .handle = h, .options = *o, .registered = true};
    if (o->max_message_size == 0 || o->max_message_size > DATA_MESSAGE_MAX)
        a->options.max_message_size = DATA_MESSAGE_MAX;
    if (!registered)
        usrsctp_register_address(data_address(a));
    a->socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, data_on_receive,
                               data_on_send_space, 0, data_ulp(a));
    if (a->socket && configure(a->socket) && start(a))
        return a;
    data_close(a);
    return NULL;
}

void data_close(struct data_association *a)
{
    handle_give(&a->stack->handles, a->handle);
    if (a->socket)
        usrsctp_close(a->socket);
}

void *data_user(const struct data_association *a)
{
    return a->options.user;
}

/* ---- packets ---- */

bool data_input(struct data_association *a, const uint8_t *packet, size_t len, usec_t now)
{
    if (len < SCTP_HEADER + SCTP_CHUNK_LEAST || len > DATA_INPUT_MAX)
        return false;
    data_timeout(a->stack, now);
    usrsctp_conninput(data_address(a), packet, len, 0);
    return true;
}

/* ---- messages ---- */

static void set_policy(struct sctp_sendv_spa *how, enum data_reliability reliability,
                       uint32_t limit)
{
    if (reliability == DATA_RELIABLE)
        return;
    how->sendv_flags |= SCTP_SEND_PRINFO_VALID;
    how->sendv_prinfo.pr_policy =
        reliability == DATA_RETRANSMITS ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
    how->sendv_prinfo.pr_value = limit;
}

int data_send_raw(struct data_association *a, uint16_t stream, enum data_ppid ppid, bool ordered,
                  enum data_reliability reliability, uint32_t limit, const uint8_t *data,
                  size_t len)
{
    struct sctp_sendv_spa how = {.sendv_flags = SCTP_SEND_SNDINFO_VALID};
    how.sendv_sndinfo.snd_sid = stream;
    how.sendv_sndinfo.snd_flags = (uint16_t)(SCTP_EOR | (ordered ? 0 : SCTP_UNORDERED));
    how.sendv_sndinfo.snd_ppid = htonl(ppid);
    set_policy(&how, reliability, limit);
    if (usrsctp_sendv(a->socket, data, len, NULL, 0, &how, sizeof(how), SCTP_SENDV_SPA, 0) < 0)
        return errno;
    a->buffered += len;
    delivery_queued(&a->delivery, len, reliability != DATA_RELIABLE);
    return 0;
}

static enum data_ppid ppid_of(bool binary, size_t len)
{
    if (len == 0)
        return binary ? DATA_PPID_BINARY_EMPTY : DATA_PPID_STRING_EMPTY;
    return binary ? DATA_PPID_BINARY : DATA_PPID_STRING;
}

static enum data_send_result send_result(int error, bool lossy)
{
    switch (error) {
    case 0:
        return DATA_SENT;
    case EWOULDBLOCK:
    case ENOBUFS:
        return lossy ? DATA_DROPPED : DATA_WOULD_BLOCK;
    case EMSGSIZE:
        return DATA_TOO_LONG;
    default:
        return DATA_NO_CHANNEL;
    }
}

/* Bytes that may wait in front of a lossy message. */
static size_t lossy_limit(const struct data_association *a, const struct data_channel *c)
{
    if (c->latency == 0 || a->delivery.rate == 0)
        return DATA_LOSSY_BUFFER;
    uint64_t n = (uint64_t)a->delivery.rate * c->latency / USEC_PER_SEC;
    if (n > DATA_LOSSY_BUFFER)
        return DATA_LOSSY_BUFFER;
    return n < DATA_LOSSY_LEAST ? DATA_LOSSY_LEAST : (size_t)n;
}

enum data_send_result data_send(struct data_association *a, uint16_t channel, bool binary,
                                const uint8_t *data, size_t len, usec_t now)
{
    static const uint8_t nothing[1]; /* SCTP has no empty messages (RFC 8831 section 6.6) */
    const struct data_channel *c = data_channel_find(a, channel);
    if (!c || c->closing || c->open_pending || !a->up)
        return DATA_NO_CHANNEL;
    if (len > a->options.max_message_size)
        return DATA_TOO_LONG;
    bool lossy = c->type.reliability != DATA_RELIABLE;
    delivery_sample(&a->delivery, a->buffered, now);
    if (lossy && delivery_lossy_waiting(&a->delivery, a->buffered) > lossy_limit(a, c))
        return DATA_DROPPED;
    if (!lossy && a->buffered > DATA_RELIABLE_BUFFER)
        return DATA_WOULD_BLOCK;
    data_timeout(a->stack, now);
    /* until the peer has acknowledged the channel, its OPEN must not be overtaken (RFC 8832
     * section 6) */
    bool ordered = c->type.ordered || !c->acked;
    int error = data_send_raw(a, channel, ppid_of(binary, len), ordered, c->type.reliability,
                              c->type.limit, len > 0 ? data : nothing, len > 0 ? len : 1);
    return send_result(error, lossy);
}

size_t data_buffered(const struct data_association *a)
{
    return a->buffered;
}

uint32_t data_rate(const struct data_association *a)
{
    return a->delivery.rate;
}

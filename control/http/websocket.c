/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/websocket.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "common/log.h"
#include "control/http/server.h"

#define WRITE_MAX     8192 /* bytes of one write */
#define FRAGMENTS_MAX 1024 /* of one message: wslay keeps a heap block for each */
#define PONGS_MAX     64   /* answers to pings that wait for a slow client */
#define REASON_MAX    123 /* RFC 6455 section 5.5: a control frame has 125 bytes, two are the code */

struct websocket {
    struct http_server *server;
    h2o_socket_t *sock; /* NULL until the 101 is written */
    struct connection *connection;
    wslay_event_context_ptr frames;
    struct websocket_options options;
    struct websocket_events events;
    void *arg;
    struct net_addr peer;

    uint8_t out[WRITE_MAX]; /* being written, or about to be */
    size_t out_length;
    usec_t writing_since;
    unsigned fragments, pongs;

    bool closing; /* websocket_close() was called: no message in or out */
    uint16_t close_code;
    uint8_t close_reason[REASON_MAX];
    size_t close_reason_length;
    bool write_shut, dropped;
    struct loop_timer ping, grace;
    struct loop_task flush;
};

static void pump(struct websocket *w);

/* --- the opening handshake --- */

static bool header_is(struct http_request *r, const char *name, const char *value)
{
    const char *v = http_header(r, name);
    return v && strcasecmp(v, value) == 0;
}

bool websocket_requested(struct http_request *r)
{
    h2o_iovec_t upgrade = r->h2o->upgrade;
    const char *key = http_header(r, "sec-websocket-key");
    return strcmp(r->method, "GET") == 0 && upgrade.base &&
           h2o_lcstris(upgrade.base, upgrade.len, H2O_STRLIT("websocket")) && key &&
           strlen(key) == 24 && header_is(r, "sec-websocket-version", "13");
}

/* RFC 6455 section 4.2.2, item 5.4. */
static bool accept_value(const char *key, char out[static 32])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[24 + sizeof(guid)];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    memcpy(text, key, 24);
    memcpy(text + 24, guid, sizeof(guid));
    if (!EVP_Digest(text, 24 + sizeof(guid) - 1, digest, &length, EVP_sha1(), NULL))
        return false;
    EVP_EncodeBlock((unsigned char *)out, digest, (int)length);
    return true;
}

/* --- wslay's callbacks --- */

static ssize_t on_frame_read(wslay_event_context_ptr ctx, uint8_t *buf, size_t length, int flags,
                             void *data)
{
    struct websocket *w = data;
    (void)flags;
    size_t n = w->sock->input->size;
    if (n == 0 || w->pongs > PONGS_MAX) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > length)
        n = length;
    memcpy(buf, w->sock->input->bytes, n);
    h2o_buffer_consume(&w->sock->input, n);
    return (ssize_t)n;
}

static ssize_t on_frame_write(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t length,
                              int flags, void *data)
{
    struct websocket *w = data;
    (void)flags;
    size_t n = sizeof(w->out) - w->out_length;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > length)
        n = length;
    memcpy(w->out + w->out_length, bytes, n);
    w->out_length += n;
    return (ssize_t)n;
}

static void on_frame_start(wslay_event_context_ptr ctx,
                           const struct wslay_event_on_frame_recv_start_arg *frame, void *data)
{
    struct websocket *w = data;
    if (wslay_is_ctrl_frame(frame->opcode))
        return;
    w->fragments = frame->opcode == WSLAY_CONTINUATION_FRAME ? w->fragments + 1 : 1;
    if (w->fragments > FRAGMENTS_MAX) {
        wslay_event_queue_close(ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
        wslay_event_shutdown_read(ctx);
    }
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
                       void *data)
{
    struct websocket *w = data;
    (void)ctx;
    if (m->opcode == WSLAY_PING)
        w->pongs++;
    if ((m->opcode != WSLAY_TEXT_FRAME && m->opcode != WSLAY_BINARY_FRAME) || w->closing ||
        w->dropped)
        return;
    w->events.message(w->arg, m->opcode == WSLAY_BINARY_FRAME, m->msg_length ? m->msg : w->out,
                      m->msg_length);
}

/* --- the end --- */

static void free_websocket(struct websocket *w)
{
    struct loop *l = w->server->loop;
    loop_timer_cancel(l, &w->ping);
    loop_timer_cancel(l, &w->grace);
    loop_unpost(l, &w->flush);
    wslay_event_context_free(w->frames);
    free(w);
}

/* Closes the socket and tells the owner. Only from callbacks of h2o and of the loop. */
static void finish(struct websocket *w)
{
    uint16_t code = wslay_event_get_close_received(w->frames)
                        ? wslay_event_get_status_code_received(w->frames)
                        : WEBSOCKET_ABNORMAL;
    struct websocket_events events = w->events;
    void *arg = w->arg;
    if (w->connection)
        w->connection->websocket = NULL;
    if (w->sock)
        h2o_socket_close(w->sock);
    w->server->counters.websockets--;
    free_websocket(w);
    events.closed(arg, code);
}

static void on_grace_over(void *arg, usec_t now)
{
    (void)now;
    finish(arg);
}

static void on_flush(void *arg)
{
    struct websocket *w = arg;
    if (!w->sock)
        return; /* the 101 is still being written: on_upgraded() comes */
    if (w->dropped)
        finish(w);
    else
        pump(w);
}

/* --- reading and writing --- */

static void on_read(h2o_socket_t *sock, const char *err)
{
    struct websocket *w = sock->data;
    if (err)
        finish(w);
    else
        pump(w);
}

static void on_written(h2o_socket_t *sock, const char *err)
{
    struct websocket *w = sock->data;
    w->out_length = 0;
    w->writing_since = 0;
    if (err)
        finish(w);
    else
        pump(w);
}

/* A close frame overtakes messages in wslay: it is handed over when they are written. */
static void queue_close_when_flushed(struct websocket *w)
{
    if (w->closing && wslay_event_get_queued_msg_count(w->frames) == 0)
        wslay_event_queue_close(w->frames, w->close_code, w->close_reason, w->close_reason_length);
}

static bool write_some(struct websocket *w)
{
    if (h2o_socket_is_writing(w->sock))
        return true;
    queue_close_when_flushed(w);
    if (wslay_event_want_write(w->frames) && wslay_event_send(w->frames) != 0)
        return false;
    if (!wslay_event_want_write(w->frames))
        w->pongs = 0;
    if (w->out_length == 0)
        return true;
    h2o_iovec_t buf = h2o_iovec_init(w->out, w->out_length);
    w->writing_since = clock_monotonic();
    h2o_socket_write(w->sock, &buf, 1, on_written);
    return true;
}

/* When wslay refuses a frame it has queued a close frame, and reads no more; if it did so for want
 * of memory there is none, and the connection just ends. */
static bool read_some(struct websocket *w)
{
    if (wslay_event_want_read(w->frames) && w->sock->input->size > 0 &&
        wslay_event_recv(w->frames) != 0 && !wslay_event_want_write(w->frames))
        return false;
    if (!wslay_event_want_read(w->frames))
        h2o_buffer_consume(&w->sock->input, w->sock->input->size);
    return true;
}

/* After our close frame: the peer's ends it at once, else it has some time. Meanwhile what still
 * comes is read, for data left unread would turn the end into a reset that eats our close frame. */
static bool finished_after_close(struct websocket *w)
{
    if (!wslay_event_get_close_sent(w->frames) || h2o_socket_is_writing(w->sock))
        return false;
    if (wslay_event_get_close_received(w->frames))
        return true;
    if (!w->write_shut) {
        w->write_shut = true;
        loop_timer_cancel(w->server->loop, &w->ping);
        loop_timer_after(w->server->loop, &w->grace, w->options.close_grace_ms * USEC_PER_MS);
        if (!wslay_event_want_read(w->frames))
            shutdown(h2o_socket_get_fd(w->sock), SHUT_WR);
    }
    return false;
}

static void pump(struct websocket *w)
{
    if (!read_some(w) || !write_some(w) || w->dropped || w->pongs > PONGS_MAX ||
        finished_after_close(w)) {
        finish(w);
        return;
    }
    h2o_socket_read_start(w->sock, on_read);
}

static void on_ping(void *arg, usec_t now)
{
    struct websocket *w = arg;
    static const struct wslay_event_msg ping = {.opcode = WSLAY_PING};
    usec_t limit = w->server->cfg.send_timeout_ms * USEC_PER_MS;
    loop_timer_at(w->server->loop, &w->ping, now + w->options.ping_ms * USEC_PER_MS);
    if (w->writing_since != 0 && now - w->writing_since > limit) {
        w->server->counters.send_timeouts++;
        websocket_drop(w);
        return;
    }
    if (w->writing_since == 0)
        wslay_event_queue_msg(w->frames, &ping);
    loop_post(w->server->loop, &w->flush);
}

static void on_upgraded(void *data, h2o_socket_t *sock, size_t request_size)
{
    struct websocket *w = data;
    if (!sock) {
        w->connection = NULL; /* gone with its socket */
        finish(w);
        return;
    }
    w->sock = sock;
    sock->data = w;
    h2o_buffer_consume(&sock->input, request_size);
    if (w->dropped)
        finish(w);
    else
        pump(w);
}

/* --- public --- */

static struct websocket *create(struct http_request *r, const struct websocket_options *options,
                                const struct websocket_events *events, void *arg)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_frame_read,
        .send_callback = on_frame_write,
        .on_frame_recv_start_callback = on_frame_start,
        .on_msg_recv_callback = on_message,
    };
    struct websocket *w = calloc(1, sizeof(*w));
    if (!w || wslay_event_context_server_init(&w->frames, &callbacks, w) != 0) {
        free(w);
        return NULL;
    }
    w->server = r->connection->server;
    w->connection = r->connection;
    w->options = options ? *options : (struct websocket_options){0};
    if (w->options.message_max == 0)
        w->options.message_max = 2u << 20;
    if (w->options.output_max == 0)
        w->options.output_max = 4u << 20;
    if (w->options.ping_ms == 0)
        w->options.ping_ms = 10000;
    if (w->options.close_grace_ms == 0)
        w->options.close_grace_ms = 5000;
    w->events = *events;
    w->arg = arg;
    w->peer = http_peer(r);
    w->ping = (struct loop_timer){.fire = on_ping, .arg = w};
    w->grace = (struct loop_timer){.fire = on_grace_over, .arg = w};
    w->flush = (struct loop_task){.run = on_flush, .arg = w};
    wslay_event_config_set_max_recv_msg_length(w->frames, w->options.message_max);
    return w;
}

struct websocket *websocket_accept(struct http_request *r, const struct websocket_options *options,
                                   const struct websocket_events *events, void *arg)
{
    char value[32];
    if (!websocket_requested(r)) {
        http_respond_text(r, 400, "not a websocket handshake");
        return NULL;
    }
    struct websocket *w = accept_value(http_header(r, "sec-websocket-key"), value)
                              ? create(r, options, events, arg)
                              : NULL;
    if (!w) {
        http_respond_text(r, 500, "out of memory");
        return NULL;
    }
    request_settle(r);
    r->connection->websocket = w;
    w->server->counters.websockets++;
    r->h2o->res.status = 101;
    r->h2o->res.reason = response_reason(101);
    http_add_header(r, "upgrade", "websocket");
    http_add_header(r, "sec-websocket-accept", value);
    loop_timer_after(w->server->loop, &w->ping, w->options.ping_ms * USEC_PER_MS);
    h2o_http1_upgrade(r->h2o, NULL, 0, on_upgraded, w);
    return w;
}

bool websocket_send(struct websocket *w, bool binary, const void *data, size_t length)
{
    const struct wslay_event_msg m = {.opcode = binary ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME,
                                      .msg = data,
                                      .msg_length = length};
    if (w->closing || w->dropped)
        return false;
    if (websocket_queued(w) + length > w->options.output_max) {
        char peer[NET_ADDR_TEXT];
        log_warn("http", "websocket of %s takes nothing, %zu bytes wait: cut off",
                 net_addr_format(&w->peer, peer), websocket_queued(w));
        websocket_drop(w);
        return false;
    }
    if (wslay_event_queue_msg(w->frames, &m) != 0)
        return false;
    loop_post(w->server->loop, &w->flush);
    return true;
}

void websocket_close(struct websocket *w, uint16_t code, const char *reason)
{
    if (w->closing || w->dropped)
        return;
    size_t n = reason ? strnlen(reason, REASON_MAX) : 0;
    w->closing = true;
    w->close_code = code;
    w->close_reason_length = n;
    if (n > 0)
        memcpy(w->close_reason, reason, n);
    loop_post(w->server->loop, &w->flush);
}

void websocket_drop(struct websocket *w)
{
    w->dropped = true;
    loop_post(w->server->loop, &w->flush);
}

void websocket_abort(struct websocket *w)
{
    w->dropped = true;
    if (w->sock)
        finish(w);
    else
        connection_break(w->connection);
}

size_t websocket_queued(const struct websocket *w)
{
    return wslay_event_get_queued_msg_length(w->frames) + w->out_length;
}

struct net_addr websocket_peer(const struct websocket *w)
{
    return w->peer;
}

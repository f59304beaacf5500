/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/websocket.h"

#include "common/base64.h"
#include "common/random.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#define RESPONSE_MAX 16384
#define KEY_TEXT     BASE64_ENCODED_SIZE(16)

struct queue {
    uint8_t *data;
    size_t at, len, cap;
};

struct ws_client {
    wslay_event_context_ptr frames;
    ws_message_fn *message;
    void *user;
    struct queue in, out;
    char key[KEY_TEXT];
    uint8_t opcode; /* of messages */
    bool open, failed;
    char error[WS_ERROR_TEXT];
};

static bool queue_add(struct queue *q, const void *data, size_t len)
{
    if (q->at > 0) {
        memmove(q->data, q->data + q->at, q->len - q->at);
        q->len -= q->at;
        q->at = 0;
    }
    if (q->cap - q->len < len) {
        size_t cap = 2 * (q->len + len);
        uint8_t *more = realloc(q->data, cap);
        if (!more)
            return false;
        q->data = more;
        q->cap = cap;
    }
    memcpy(q->data + q->len, data, len);
    q->len += len;
    return true;
}

static bool fail(struct ws_client *w, const char *text)
{
    if (!w->failed)
        snprintf(w->error, sizeof w->error, "%s", text);
    w->failed = true;
    return false;
}

/* --- wslay's callbacks --- */

static ssize_t on_read(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *user)
{
    struct ws_client *w = user;
    (void)flags;
    size_t n = w->in.len - w->in.at;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (n > len)
        n = len;
    memcpy(buf, w->in.data + w->in.at, n);
    w->in.at += n;
    return (ssize_t)n;
}

static ssize_t on_write(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags,
                        void *user)
{
    struct ws_client *w = user;
    (void)flags;
    if (queue_add(&w->out, data, len))
        return (ssize_t)len;
    wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static int on_mask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *user)
{
    (void)ctx;
    (void)user;
    random_bytes(buf, len);
    return 0;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
                       void *user)
{
    struct ws_client *w = user;
    (void)ctx;
    if (m->opcode == w->opcode)
        w->message(w->user, m->msg, m->msg_length);
}

/* --- the opening handshake --- */

static bool write_request(struct ws_client *w, const char *host, uint16_t port, const char *target,
                          const char *protocol)
{
    uint8_t nonce[16];
    random_bytes(nonce, sizeof nonce);
    base64_encode(nonce, sizeof nonce, BASE64_STANDARD, true, w->key);
    char *text;
    int n = asprintf(&text,
                     "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: %s\r\nUser-Agent: sluice-bench\r\n%s%s%s\r\n",
                     target, host, port, w->key, protocol ? "Sec-WebSocket-Protocol: " : "",
                     protocol ? protocol : "", protocol ? "\r\n" : "");
    if (n < 0)
        return false;
    bool done = queue_add(&w->out, text, (size_t)n);
    free(text);
    return done;
}

/* RFC 6455 section 4.1: the accept value that belongs to the key is in the head. */
static bool accepted(const struct ws_client *w, const char *head)
{
    char text[128], value[BASE64_ENCODED_SIZE(20)];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int len = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", w->key);
    EVP_Digest(text, (size_t)len, digest, &n, EVP_sha1(), NULL);
    base64_encode(digest, n, BASE64_STANDARD, true, value);
    const char *line = strcasestr(head, "\r\nsec-websocket-accept:");
    const char *found = line ? strstr(line, value) : NULL;
    return found && !memchr(line + 2, '\r', (size_t)(found - line - 2));
}

/* "HTTP/1.1 401 Unauthorized" and what the body says, in one line. */
static bool refuse(struct ws_client *w, char *response, const char *body)
{
    char text[WS_ERROR_TEXT];
    response[strcspn(response, "\r\n")] = '\0';
    snprintf(text, sizeof text, "%.60s: %.120s", response, body);
    text[strcspn(text, "\r\n")] = '\0';
    return fail(w, text);
}

/* True once the response is complete and good; the rest of `in` is frames then. */
static bool take_response(struct ws_client *w)
{
    char head[RESPONSE_MAX + 1];
    size_t n = w->in.len - w->in.at;
    n = n < RESPONSE_MAX ? n : RESPONSE_MAX;
    memcpy(head, w->in.data + w->in.at, n);
    head[n] = '\0';
    char *end = strstr(head, "\r\n\r\n");
    if (!end)
        return n < RESPONSE_MAX ? false : fail(w, "endless HTTP response");
    end += 4;
    if (strncmp(head, "HTTP/1.1 101", 12) != 0 || !accepted(w, head))
        return refuse(w, head, end);
    w->in.at += (size_t)(end - head);
    w->open = true;
    return true;
}

/* --- life --- */

struct ws_client *ws_client_create(const char *host, uint16_t port, const char *target,
                                   const char *protocol, ws_message_fn *message, void *user)
{
    static const struct wslay_event_callbacks callbacks = {.recv_callback = on_read,
                                                           .send_callback = on_write,
                                                           .genmask_callback = on_mask,
                                                           .on_msg_recv_callback = on_message};
    struct ws_client *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->message = message;
    w->user = user;
    w->opcode = protocol ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME;
    if (wslay_event_context_client_init(&w->frames, &callbacks, w) != 0 ||
        !write_request(w, host, port, target, protocol)) {
        ws_client_destroy(w);
        return NULL;
    }
    wslay_event_config_set_max_recv_msg_length(w->frames, WS_MESSAGE_MAX);
    return w;
}

void ws_client_destroy(struct ws_client *w)
{
    if (!w)
        return;
    wslay_event_context_free(w->frames);
    free(w->in.data);
    free(w->out.data);
    free(w);
}

static bool pump(struct ws_client *w)
{
    if (wslay_event_recv(w->frames) != 0)
        return fail(w, "broken WebSocket framing");
    if (wslay_event_get_close_received(w->frames))
        return fail(w, "closed by the server");
    return true;
}

bool ws_client_input(struct ws_client *w, const uint8_t *data, size_t len)
{
    if (w->failed)
        return false;
    if (!queue_add(&w->in, data, len))
        return fail(w, "out of memory");
    if (!w->open && !take_response(w))
        return !w->failed;
    return pump(w);
}

bool ws_client_send(struct ws_client *w, const uint8_t *data, size_t len)
{
    struct wslay_event_msg m = {.opcode = w->opcode, .msg = data, .msg_length = len};
    return !w->failed && wslay_event_queue_msg(w->frames, &m) == 0;
}

void ws_client_close(struct ws_client *w)
{
    if (w->failed || !w->open)
        return;
    wslay_event_send(w->frames); /* a close frame would overtake what is queued */
    wslay_event_queue_close(w->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0);
}

const uint8_t *ws_client_output(struct ws_client *w, size_t *len)
{
    if (w->open && !w->failed && wslay_event_send(w->frames) != 0)
        fail(w, "broken WebSocket framing");
    *len = w->out.len - w->out.at;
    return *len > 0 ? w->out.data + w->out.at : NULL;
}

void ws_client_written(struct ws_client *w, size_t n)
{
    w->out.at += n;
}

const char *ws_client_error(const struct ws_client *w)
{
    return w->error;
}

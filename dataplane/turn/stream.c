/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/stream.h"

#include "dataplane/turn/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_PER_TURN 16

static bool start_tls(struct stream *s, SSL_CTX *tls)
{
    s->ssl = SSL_new(tls);
    if (!s->ssl || SSL_set_fd(s->ssl, s->source.fd) != 1)
        return false;
    SSL_set_accept_state(s->ssl);
    return true;
}

struct stream *stream_create(int fd, const struct net_addr *remote, uint32_t id, SSL_CTX *tls,
                             usec_t now)
{
    struct stream *s = calloc(1, sizeof(*s));
    if (!s) {
        close(fd);
        return NULL;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct sockaddr_storage local;
    socklen_t len = sizeof(local);
    s->source = (struct source){.kind = SOURCE_STREAM, .fd = fd};
    s->client.remote = *remote;
    s->client.stream = id;
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        net_addr_from_sockaddr(&s->client.local, (struct sockaddr *)&local);
    s->last_message = now;
    if (!tls || start_tls(s, tls))
        return s;
    stream_destroy(s);
    return NULL;
}

void stream_destroy(struct stream *s)
{
    SSL_free(s->ssl);
    close(s->source.fd);
    output_free(&s->out);
    free(s);
}

/* What an SSL function that did not succeed means: to be called again, or the end. */
static long tls_outcome(struct stream *s, int result)
{
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    default:
        return -1;
    }
}

/* Bytes moved; 0: not now; -1: the connection is over. */
static long move_in(struct stream *s, uint8_t *to, size_t room)
{
    if (s->ssl) {
        ERR_clear_error();
        int n = SSL_read(s->ssl, to, (int)room);
        return n > 0 ? n : tls_outcome(s, n);
    }
    ssize_t n = recv(s->source.fd, to, room, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n > 0 ? n : -1;
}

static long move_out(struct stream *s, const uint8_t *from, size_t len)
{
    if (s->ssl) {
        ERR_clear_error();
        int n = SSL_write(s->ssl, from, (int)len);
        return n > 0 ? n : tls_outcome(s, n);
    }
    ssize_t n = send(s->source.fd, from, len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return n;
}

static void take_messages(struct stream *s, usec_t now, stream_message *message, void *context)
{
    const uint8_t *data;
    size_t len;
    enum stream_frame_result r;
    while ((r = stream_framer_next(&s->in, &data, &len)) == STREAM_FRAME_OK) {
        s->last_message = now;
        message(context, s, data, len);
    }
    s->bad = r == STREAM_FRAME_BAD;
    s->broken |= s->bad;
}

void stream_read(struct stream *s, usec_t now, stream_message *message, void *context)
{
    /* What TLS has decrypted already does not wake epoll. */
    for (int i = 0; (i < READS_PER_TURN || (s->ssl && SSL_pending(s->ssl) > 0)) && !s->broken;
         i++) {
        size_t room;
        uint8_t *to = stream_framer_space(&s->in, &room);
        long n = move_in(s, to, room);
        if (n == 0)
            return;
        if (n < 0) {
            s->broken = true;
            return;
        }
        stream_framer_filled(&s->in, (size_t)n);
        take_messages(s, now, message, context);
    }
}

void stream_flush(struct stream *s)
{
    while (output_waits(&s->out) && !s->broken) {
        long n = move_out(s, s->out.data + s->out.begin, s->out.end - s->out.begin);
        if (n == 0)
            return;
        s->broken = n < 0;
        s->out.begin += n > 0 ? (size_t)n : 0;
    }
    output_clear(&s->out);
}

bool stream_send(struct stream *s, const uint8_t *data, size_t len)
{
    if (output_waits(&s->out))
        return output_put(&s->out, TURN_SERVER_OUTPUT_MAX, data, len);
    long n = s->broken ? -1 : move_out(s, data, len);
    if (n < 0) {
        s->broken = true;
        return true;
    }
    if ((size_t)n == len)
        return true;
    /* Without its rest the client could not follow any longer. */
    s->broken = !output_put(&s->out, TURN_SERVER_OUTPUT_MAX, data + n, len - (size_t)n);
    return !s->broken;
}

bool stream_is_waiting(const struct stream *s)
{
    return output_waits(&s->out) || (s->ssl && SSL_want_write(s->ssl));
}

bool stream_is_established(const struct stream *s)
{
    return !s->ssl || SSL_is_init_finished(s->ssl);
}

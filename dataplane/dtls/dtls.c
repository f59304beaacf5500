/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dtls/dtls.h"

#include "dataplane/dtls/dtls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define RETRANSMIT_MAX_US 3200000u

/* The interval after `last_us`; 0: the first one. */
static unsigned next_interval(SSL *ssl, unsigned last_us)
{
    (void)ssl;
    if (last_us == 0)
        return (unsigned)DTLS_RETRANSMIT;
    return last_us * 2 < RETRANSMIT_MAX_US ? last_us * 2 : RETRANSMIT_MAX_US;
}

static bool attach(struct dtls *d, const struct dtls_context *c)
{
    d->io = calloc(1, sizeof(*d->io));
    d->ssl = d->io ? SSL_new(c->ssl) : NULL;
    BIO *bio = d->ssl ? datagram_bio_new(c->bio, d->io) : NULL;
    if (!bio)
        return false;
    SSL_set_bio(d->ssl, bio, bio);
    SSL_set_app_data(d->ssl, d);
    SSL_set_mtu(d->ssl, DTLS_MTU);
    DTLS_set_timer_cb(d->ssl, next_interval);
    return true;
}

static void fail(struct dtls *d, const char *text)
{
    d->state = DTLS_FAILED;
    d->deadline = USEC_NEVER;
    d->error = text;
}

static void fail_by_library(struct dtls *d)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    fail(d, reason ? reason : "handshake failed");
}

static void update_deadline(struct dtls *d, usec_t now)
{
    struct timeval left;
    bool running = d->state == DTLS_HANDSHAKE && DTLSv1_get_timeout(d->ssl, &left) == 1;
    d->deadline =
        running ? now + (usec_t)left.tv_sec * USEC_PER_SEC + (usec_t)left.tv_usec : USEC_NEVER;
}

static void finish_handshake(struct dtls *d)
{
    d->handshake_done = true;
    if (!d->has_expected)
        return;
    if (dtls_peer_fits(d))
        d->state = DTLS_CONNECTED;
    else
        fail(d, "certificate does not fit the fingerprint");
}

/* OpenSSL's record buffers are 18 KiB, and most associations carry data seldom or never: they exist
 * only during a call. */
static bool take_buffers(struct dtls *d)
{
    ERR_clear_error();
    return SSL_alloc_buffers(d->ssl) == 1;
}

static void give_buffers(struct dtls *d)
{
    SSL_free_buffers(d->ssl);
}

/* One step of the handshake with whatever waits in d->io. */
static enum dtls_result shake(struct dtls *d)
{
    ERR_clear_error();
    int r = SSL_do_handshake(d->ssl);
    if (r == 1) {
        finish_handshake(d);
        return d->state == DTLS_FAILED ? DTLS_BAD_PEER : DTLS_OK;
    }
    int why = SSL_get_error(d->ssl, r);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return DTLS_OK;
    bool bad_peer = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    fail_by_library(d);
    return bad_peer ? DTLS_BAD_PEER : DTLS_BROKEN;
}

struct dtls *dtls_create(const struct dtls_context *c, bool client, void *user, usec_t now)
{
    struct dtls *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->user = user;
    d->client = client;
    d->deadline = USEC_NEVER;
    d->error = "";
    if (!attach(d, c)) {
        dtls_destroy(d);
        return NULL;
    }
    if (client) {
        SSL_set_connect_state(d->ssl);
        shake(d);
        update_deadline(d, now);
    } else {
        SSL_set_accept_state(d->ssl);
    }
    return d;
}

void dtls_destroy(struct dtls *d)
{
    if (!d)
        return;
    SSL_free(d->ssl);
    free(d->io);
    OPENSSL_cleanse(d, sizeof(*d));
    free(d);
}

void *dtls_user(const struct dtls *d)
{
    return d->user;
}

bool dtls_set_fingerprint(struct dtls *d, const uint8_t fingerprint[static DTLS_FINGERPRINT])
{
    if (d->state == DTLS_CONNECTED)
        return memcmp(d->expected, fingerprint, DTLS_FINGERPRINT) == 0;
    memcpy(d->expected, fingerprint, DTLS_FINGERPRINT);
    d->has_expected = true;
    if (d->state == DTLS_HANDSHAKE && d->handshake_done)
        finish_handshake(d);
    return d->state != DTLS_FAILED;
}

/* RFC 7983: what can be DTLS at all. */
static bool is_dtls(const uint8_t *data, size_t len)
{
    return len >= 13 && len <= DTLS_INPUT_MAX && data[0] >= 20 && data[0] <= 63;
}

enum dtls_result dtls_input(struct dtls *d, const uint8_t *data, size_t len, usec_t now)
{
    if (d->state == DTLS_FAILED || !is_dtls(data, len) || !make_room(d))
        return DTLS_MALFORMED;
    memcpy(d->io->in, data, len);
    d->io->in_len = (uint16_t)len;
    d->io->in_begin = 0;
    if (d->handshake_done)
        return DTLS_OK;
    enum dtls_result r = shake(d);
    update_deadline(d, now);
    return r;
}

size_t dtls_output(struct dtls *d, uint8_t buf[static DTLS_MTU])
{
    size_t n = d->io ? datagrams_take(d->io, buf) : 0;
    if (n == 0 && dtls_is_settled(d))
        drop_room(d);
    return n;
}

usec_t dtls_deadline(const struct dtls *d)
{
    return d->deadline;
}

void dtls_timeout(struct dtls *d, usec_t now)
{
    if (now < d->deadline || dtls_is_settled(d))
        return;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(d->ssl) < 0)
        fail_by_library(d);
    update_deadline(d, now);
}

enum dtls_state dtls_state(const struct dtls *d)
{
    return d->state;
}

bool dtls_is_client(const struct dtls *d)
{
    return d->client;
}

bool dtls_peer_closed(const struct dtls *d)
{
    return d->peer_closed || d->broken;
}

const char *dtls_error(const struct dtls *d)
{
    return d->error;
}

enum dtls_result dtls_write(struct dtls *d, const uint8_t *data, size_t len, usec_t now)
{
    (void)now;
    if (d->state != DTLS_CONNECTED || dtls_peer_closed(d))
        return DTLS_NOT_READY;
    if (len == 0 || len > DTLS_DATA_MAX)
        return DTLS_TOO_LONG;
    if (dtls_is_settled(d))
        return settled_write(d, RECORD_DATA, data, len);
    if (!datagrams_have_room(d->io))
        return DTLS_WOULD_BLOCK;
    bool sent = take_buffers(d) && SSL_write(d->ssl, data, (int)len) == (int)len;
    give_buffers(d);
    return sent ? DTLS_OK : DTLS_NOT_READY;
}

static void note_end(struct dtls *d, int result)
{
    int why = SSL_get_error(d->ssl, result);
    d->peer_closed = d->peer_closed || why == SSL_ERROR_ZERO_RETURN;
    d->broken = why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL;
}

/* Of the record that has just been read. */
static void note_sequence(struct dtls *d)
{
    uint64_t sequence;
    if (!record_sequence(d->io->in, &sequence))
        return;
    d->highest_read = d->any_read && d->highest_read > sequence ? d->highest_read : sequence;
    d->any_read = true;
}

size_t dtls_read(struct dtls *d, uint8_t *buf, size_t cap)
{
    if (d->state != DTLS_CONNECTED || d->broken || cap == 0)
        return 0;
    if (dtls_is_settled(d))
        return settled_read(d, buf, cap);
    if (!take_buffers(d))
        return 0;
    int n = SSL_read(d->ssl, buf, cap < INT32_MAX ? (int)cap : INT32_MAX);
    if (n > 0) {
        note_sequence(d);
        return (size_t)n;
    }
    note_end(d, n);
    give_buffers(d);
    return 0;
}

void dtls_close(struct dtls *d, usec_t now)
{
    (void)now;
    if (dtls_is_settled(d) && !d->broken)
        settled_close(d);
    if (dtls_is_settled(d) || !d->handshake_done || d->broken || !datagrams_have_room(d->io))
        return;
    if (take_buffers(d))
        SSL_shutdown(d->ssl);
    give_buffers(d);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dtls/dtls_internal.h"

#include "common/bytes.h"

#include <string.h>

bool datagrams_have_room(const struct datagrams *io)
{
    return DTLS_OUTPUT_BUFFER - io->out_end >= DTLS_MTU + (int)sizeof(uint16_t);
}

size_t datagrams_take(struct datagrams *io, uint8_t buf[static DTLS_MTU])
{
    if (io->out_begin == io->out_end)
        return 0;
    uint16_t len;
    memcpy(&len, io->out + io->out_begin, sizeof(len));
    memcpy(buf, io->out + io->out_begin + sizeof(len), len);
    io->out_begin = (uint16_t)(io->out_begin + sizeof(len) + len);
    if (io->out_begin == io->out_end)
        io->out_begin = io->out_end = 0;
    return len;
}

void datagrams_put(struct datagrams *io, const uint8_t *data, size_t len)
{
    uint16_t n = (uint16_t)len;
    memcpy(io->out + io->out_end, &n, sizeof(n));
    memcpy(io->out + io->out_end + sizeof(n), data, n);
    io->out_end = (uint16_t)(io->out_end + sizeof(n) + n);
}

/* OpenSSL does not tell which sequence numbers it has used. */
static void note_records(struct datagrams *io, const uint8_t *data, size_t len)
{
    uint64_t sequence;
    while (len >= RECORD_HEADER) {
        if (record_sequence(data, &sequence) && sequence >= io->records_sent)
            io->records_sent = sequence + 1;
        size_t n = RECORD_HEADER + (size_t)be16_get(data + 11);
        data += n < len ? n : len;
        len -= n < len ? n : len;
    }
}

/* What does not fit is lost, as datagrams may be: the handshake repeats it. */
static int bio_write(BIO *b, const char *data, int len)
{
    struct datagrams *io = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (len <= 0 || len > DTLS_MTU)
        return -1;
    note_records(io, (const uint8_t *)data, (size_t)len);
    if (datagrams_have_room(io))
        datagrams_put(io, (const uint8_t *)data, (size_t)len);
    return len;
}

static int bio_read(BIO *b, char *out, int cap)
{
    struct datagrams *io = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (io->in_len == 0) {
        BIO_set_retry_read(b);
        return -1;
    }
    int n = io->in_len < cap ? io->in_len : cap;
    memcpy(out, io->in, (size_t)n);
    io->in_len = 0;
    return n;
}

static long bio_ctrl(BIO *b, int command, long number, void *pointer)
{
    (void)b;
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DTLS_MTU;
    default:
        return 0;
    }
}

static int bio_create(BIO *b)
{
    BIO_set_init(b, 1);
    return 1;
}

BIO_METHOD *datagram_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (!m)
        return NULL;
    BIO_meth_set_write(m, bio_write);
    BIO_meth_set_read(m, bio_read);
    BIO_meth_set_ctrl(m, bio_ctrl);
    BIO_meth_set_create(m, bio_create);
    return m;
}

BIO *datagram_bio_new(const BIO_METHOD *method, struct datagrams *io)
{
    BIO *b = BIO_new(method);
    if (b)
        BIO_set_data(b, io);
    return b;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An association that needs no handshake state any more: OpenSSL's is freed, records are made and
 * read here, and the room for datagrams exists only while there are any.
 */
#include "dataplane/dtls/dtls_internal.h"

#include "common/bytes.h"

#include <stdlib.h>
#include <string.h>

#define ALERT_LENGTH       2
#define ALERT_WARNING      1
#define ALERT_FATAL        2
#define ALERT_CLOSE_NOTIFY 0

bool dtls_settle(struct dtls *d)
{
    struct records r;
    if (dtls_is_settled(d))
        return true;
    if (d->state != DTLS_CONNECTED || dtls_peer_closed(d) || datagrams_waiting(d->io) ||
        !records_init(&r, d->ssl, d->client))
        return false;
    records_continue(&r, d->io->records_sent, d->any_read, d->highest_read);
    SSL_free(d->ssl);
    d->ssl = NULL;
    d->records = r;
    OPENSSL_cleanse(&r, sizeof(r));
    drop_room(d);
    return true;
}

bool make_room(struct dtls *d)
{
    if (!d->io)
        d->io = calloc(1, sizeof(*d->io));
    return d->io != NULL;
}

void drop_room(struct dtls *d)
{
    if (!d->io || datagrams_waiting(d->io))
        return;
    free(d->io);
    d->io = NULL;
}

enum dtls_result settled_write(struct dtls *d, enum record_type type, const uint8_t *data,
                               size_t len)
{
    if (!make_room(d))
        return DTLS_NOT_READY;
    if (!datagrams_have_room(d->io))
        return DTLS_WOULD_BLOCK;
    uint8_t record[DTLS_MTU];
    size_t n = records_seal(&d->records, type, data, len, record);
    if (n > 0)
        datagrams_put(d->io, record, n);
    return n > 0 ? DTLS_OK : DTLS_NOT_READY;
}

void settled_close(struct dtls *d)
{
    static const uint8_t alert[ALERT_LENGTH] = {ALERT_WARNING, ALERT_CLOSE_NOTIFY};
    settled_write(d, RECORD_ALERT, alert, sizeof(alert));
}

static void take_alert(struct dtls *d, const uint8_t *alert, size_t len)
{
    if (len != ALERT_LENGTH)
        return;
    d->peer_closed = d->peer_closed || alert[1] == ALERT_CLOSE_NOTIFY;
    d->broken = d->broken || alert[0] == ALERT_FATAL;
}

/* The next record of the datagram: its type, 0 if it is nothing; the datagram is used up by it or
 * has fewer bytes left. */
static uint8_t next_record(struct dtls *d, uint8_t *out, size_t *len)
{
    struct datagrams *io = d->io;
    uint8_t type;
    size_t n = records_open(&d->records, io->in + io->in_begin, (size_t)(io->in_len - io->in_begin),
                            &type, out, len);
    io->in_begin = (uint16_t)(io->in_begin + n);
    if (n == 0 || io->in_begin == io->in_len)
        io->in_begin = io->in_len = 0;
    return type;
}

size_t settled_read(struct dtls *d, uint8_t *buf, size_t cap)
{
    uint8_t content[DTLS_INPUT_MAX];
    size_t len;
    while (d->io && d->io->in_len > 0 && !dtls_peer_closed(d)) {
        uint8_t type = next_record(d, content, &len);
        if (type == RECORD_ALERT)
            take_alert(d, content, len);
        if (type != RECORD_DATA || len == 0)
            continue;
        len = len < cap ? len : cap;
        memcpy(buf, content, len);
        return len;
    }
    if (d->io)
        d->io->in_len = 0;
    drop_room(d);
    return 0;
}

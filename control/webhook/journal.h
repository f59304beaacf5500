/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The webhooks that wait, on disk, so that another process can go on with them. A file of records,
 * appended as events come and as URLs are done with them; emptied when none waits, written anew
 * when it has grown too long. Not synced: it outlives the process, not the machine.
 *
 * A record: length of the rest and its CRC-32 (big-endian, 32 bits each), a kind, the event's
 * number (64 bits), then for an event its Unix time in microseconds (64 bits), the room (16 bits of
 * length, text) and the packed livekit.WebhookEvent; for the end of a delivery the hash of the URL
 * (64 bits).
 */
#ifndef SLUICE_CONTROL_WEBHOOK_JOURNAL_H
#define SLUICE_CONTROL_WEBHOOK_JOURNAL_H

#include "control/webhook/queue.h"

#define JOURNAL_RECORD_MAX (2u << 20)
#define JOURNAL_SIZE_MAX   (160u << 20)
#define JOURNAL_REWRITE_AT (8u << 20) /* and twice what was needed last time */

struct journal_event {
    uint64_t number, unix_us;
    const char *room; /* with NUL */
    const uint8_t *event;
    size_t size;
    uint32_t done; /* URLs that are done with it, by the hashes given */
};

/* Calls `take` for each event in the bytes that some URL is not done with, in order. Stops at the
 * first record that is damaged: how many bytes were good. */
size_t journal_parse(const uint8_t *data, size_t length, const uint64_t *url_hashes, unsigned urls,
                     void (*take)(void *ctx, const struct journal_event *e), void *ctx);

uint64_t journal_url_hash(const char *url);

struct journal;

/* Opens or makes the file and gives what it holds to `take`. NULL, with a line in the log, if that
 * cannot be: then nothing is kept. */
struct journal *journal_open(const char *path, const uint64_t *url_hashes, unsigned urls,
                             void (*take)(void *ctx, const struct journal_event *e), void *ctx);
void journal_close(struct journal *j);

/* j may be NULL below: then they do nothing. */
void journal_event(struct journal *j, const struct webhook_item *m);
void journal_done(struct journal *j, uint64_t number, uint64_t url_hash);

/* Nothing waits any more. */
void journal_clear(struct journal *j);

/* True if it should be written anew: journal_rewrite_begin(), journal_event() and journal_done()
 * for all that waits, journal_rewrite_end(). */
bool journal_is_long(const struct journal *j);
bool journal_rewrite_begin(struct journal *j);
void journal_rewrite_end(struct journal *j);

#endif

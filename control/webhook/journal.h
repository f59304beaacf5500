/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The webhooks that wait, as records (records.h), so that another process can go on with them.
 *
 * A record's contents: a kind, the event's number (64 bits), then for an event its Unix time in
 * microseconds (64 bits), the room (16 bits of length, text with NUL) and the packed
 * livekit.WebhookEvent; for the end of a delivery the hash of the URL (64 bits).
 */
#ifndef SLUICE_CONTROL_WEBHOOK_JOURNAL_H
#define SLUICE_CONTROL_WEBHOOK_JOURNAL_H

#include "control/webhook/queue.h"
#include "control/webhook/records.h"

struct journal_event {
    uint64_t number, unix_us;
    const char *room;
    const uint8_t *event;
    size_t size;
    uint32_t done; /* bit i: the URL of hash i is done with it */
};

/* Who gets what a journal holds: each event that some URL is not done with, in order. */
struct journal_reader {
    const uint64_t *url_hashes;
    unsigned urls;
    void (*take)(void *ctx, const struct journal_event *e);
    void *ctx;
};

/* Stops at the first record that is damaged: how many bytes were good. */
size_t journal_parse(const struct journal_reader *to, const uint8_t *data, size_t length);

uint64_t journal_url_hash(const char *url);

/* As records_open(). */
struct records *journal_open(const char *path, const struct journal_reader *to);

/* j may be NULL. */
void journal_event(struct records *j, const struct webhook_item *m);
void journal_done(struct records *j, uint64_t number, uint64_t url_hash);

#endif

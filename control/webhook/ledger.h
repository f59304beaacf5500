/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has begun and not ended: rooms, participants, published tracks. Kept as records (records.h),
 * so that a process that finds one gone which its predecessor told of can tell its end.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_LEDGER_H
#define SLUICE_CONTROL_WEBHOOK_LEDGER_H

#include "control/room/state.h"

#define LEDGER_MAX 200000 /* entries; what comes on top is not remembered */

struct ledger;

/* Reads what is there; a file that cannot be had is logged, and nothing is kept. NULL if out of
 * memory. */
struct ledger *ledger_open(const char *path);
void ledger_close(struct ledger *l);

/* Something happened to what has this sid; `event` is the packed livekit.WebhookEvent. */
void ledger_note(struct ledger *l, enum room_event e, const char *sid, const void *event,
                 size_t size);

/* Whom ledger_settle() asks and tells. */
struct ledger_output {
    void *ctx;
    bool (*exists)(void *ctx, enum room_event begun, const char *sid);
    void (*gone)(void *ctx, enum room_event begun, const void *event, size_t size);
};

/* Forgets what does not exist, what began last first; `gone` gets the event of its beginning. */
void ledger_settle(struct ledger *l, const struct ledger_output *out);

/* How many there are. */
size_t ledger_count(const struct ledger *l);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of records that outlives this process: appended to, read once by the next process, emptied
 * or written anew when it has grown too long. Not synced: it does not outlive the machine.
 *
 * A record: length of its contents and their CRC-32 (big-endian, 32 bits each), then the contents.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_RECORDS_H
#define SLUICE_CONTROL_WEBHOOK_RECORDS_H

#include "common/bytes.h"

#include <sys/uio.h>

#define RECORD_MAX         (2u << 20)
#define RECORDS_SIZE_MAX   (160u << 20)
#define RECORDS_REWRITE_AT (8u << 20) /* and twice what was needed last time */

/* The contents of the next record of `file`; false at the end or if it is damaged. */
bool records_next(struct reader *file, struct reader *contents);

struct records;

/* Opens or makes the file. `parse` gets what it holds, and returns how many bytes of that were
 * good; the rest is cut off. NULL, with a line in the log, if that cannot be: nothing is kept then.
 */
struct records *records_open(const char *path,
                             size_t (*parse)(void *ctx, const uint8_t *data, size_t length),
                             void *ctx);
void records_close(struct records *r);

/* r may be NULL below: then they do nothing. */

/* parts[0] is for the record's own use; `count` counts it. */
void records_append(struct records *r, struct iovec *parts, int count);
void records_clear(struct records *r);

/* True if it should be written anew: records_rewrite_begin(), all that matters, then
 * records_rewrite_end(). */
bool records_are_long(const struct records *r);
bool records_rewrite_begin(struct records *r);
void records_rewrite_end(struct records *r);

#endif

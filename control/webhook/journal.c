/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/journal.h"

#include "common/bytes.h"
#include "common/log.h"
#include "control/webhook/journal_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD_SIZE  8  /* length and CRC */
#define FIXED_SIZE 19 /* kind, number, time, length of the room's name */
#define DONE_SIZE  17

struct journal {
    char *path, *new_path;
    int fd;
    size_t size, rewrite_at;
    bool broken; /* a write failed: told once, nothing more is written */
};

static void fail(struct journal *j, const char *what)
{
    if (!j->broken)
        log_error("webhook", "cannot %s path=%s error=\"%s\"", what, j->path, strerror(errno));
    j->broken = true;
}

static void append(struct journal *j, struct iovec *parts, int count)
{
    uint8_t head[HEAD_SIZE];
    size_t length = 0;
    uLong sum = crc32(0, NULL, 0);
    for (int i = 1; i < count; i++) {
        length += parts[i].iov_len;
        sum = crc32(sum, parts[i].iov_base, (uInt)parts[i].iov_len);
    }
    be32_put(head, (uint32_t)length);
    be32_put(head + 4, (uint32_t)sum);
    parts[0] = (struct iovec){head, HEAD_SIZE};
    if (j->broken || length > JOURNAL_RECORD_MAX || j->size + length > JOURNAL_SIZE_MAX)
        return;
    ssize_t n = writev(j->fd, parts, count);
    if (n == (ssize_t)(HEAD_SIZE + length))
        j->size += (size_t)n;
    else
        fail(j, "write the journal");
}

void journal_event(struct journal *j, const struct webhook_item *m)
{
    size_t room = strlen(m->room) + 1;
    uint8_t fixed[FIXED_SIZE];
    if (!j || room > UINT16_MAX)
        return;
    fixed[0] = JOURNAL_EVENT;
    be64_put(fixed + 1, m->number);
    be64_put(fixed + 9, m->unix_us);
    be16_put(fixed + 17, (uint16_t)room);
    struct iovec parts[] = {
        {0}, {fixed, sizeof fixed}, {m->room, room}, {(void *)(uintptr_t)m->event, m->size}};
    append(j, parts, 4);
}

void journal_done(struct journal *j, uint64_t number, uint64_t url_hash)
{
    if (!j)
        return;
    uint8_t body[DONE_SIZE];
    body[0] = JOURNAL_DONE;
    be64_put(body + 1, number);
    be64_put(body + 9, url_hash);
    struct iovec parts[] = {{0}, {body, sizeof body}};
    append(j, parts, 2);
}

static uint8_t *read_all(int fd, size_t *length)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < 0 || (size_t)st.st_size > JOURNAL_SIZE_MAX)
        return NULL;
    uint8_t *data = malloc((size_t)st.st_size + 1);
    ssize_t n;
    *length = 0;
    while (data && *length < (size_t)st.st_size &&
           (n = pread(fd, data + *length, (size_t)st.st_size - *length, (off_t)*length)) > 0)
        *length += (size_t)n;
    return data;
}

static bool load(struct journal *j, const uint64_t *url_hashes, unsigned urls,
                 void (*take)(void *ctx, const struct journal_event *e), void *ctx)
{
    size_t length;
    uint8_t *data = read_all(j->fd, &length);
    if (!data)
        return false;
    j->size = journal_parse(data, length, url_hashes, urls, take, ctx);
    free(data);
    if (j->size < length)
        log_warn("webhook", "the journal ends in a damaged record path=%s", j->path);
    return ftruncate(j->fd, (off_t)j->size) == 0;
}

static int open_file(const char *path, int flags)
{
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

struct journal *journal_open(const char *path, const uint64_t *url_hashes, unsigned urls,
                             void (*take)(void *ctx, const struct journal_event *e), void *ctx)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    size_t n = strlen(path) + sizeof ".new";
    j->path = strdup(path);
    j->new_path = malloc(n);
    j->fd = open_file(path, 0);
    j->rewrite_at = JOURNAL_REWRITE_AT;
    if (j->path && j->new_path && j->fd >= 0) {
        snprintf(j->new_path, n, "%s.new", path);
        if (load(j, url_hashes, urls, take, ctx))
            return j;
    }
    log_error("webhook", "events will not outlive this process: journal=%s error=\"%s\"", path,
              strerror(errno));
    journal_close(j);
    return NULL;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    free(j->path);
    free(j->new_path);
    free(j);
}

void journal_clear(struct journal *j)
{
    if (!j || (j->size == 0 && !j->broken))
        return;
    if (ftruncate(j->fd, 0) != 0)
        fail(j, "empty the journal");
    else
        j->broken = false;
    j->size = 0;
}

bool journal_is_long(const struct journal *j)
{
    return j && !j->broken && j->size > j->rewrite_at;
}

bool journal_rewrite_begin(struct journal *j)
{
    int fd = open_file(j->new_path, O_TRUNC);
    if (fd < 0) {
        fail(j, "rewrite the journal");
        return false;
    }
    close(j->fd);
    j->fd = fd;
    j->size = 0;
    return true;
}

void journal_rewrite_end(struct journal *j)
{
    if (rename(j->new_path, j->path) != 0)
        fail(j, "replace the journal");
    j->rewrite_at = 2 * j->size > JOURNAL_REWRITE_AT ? 2 * j->size : JOURNAL_REWRITE_AT;
}

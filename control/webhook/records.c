/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/records.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD_SIZE 8 /* length and CRC */

struct records {
    char *path, *new_path;
    int fd;
    size_t size, rewrite_at;
    bool broken; /* a write failed: told once, nothing more is written */
};

bool records_next(struct reader *file, struct reader *contents)
{
    if (reader_left(file) == 0)
        return false;
    uint32_t length = read_be32(file), sum = read_be32(file);
    if (file->bad || length > RECORD_MAX)
        return false;
    const uint8_t *data = read_bytes(file, length);
    if (!data || crc32(0, data, length) != sum)
        return false;
    *contents = reader_of(data, length);
    return true;
}

static void fail(struct records *r, const char *what)
{
    if (!r->broken)
        log_error("webhook", "cannot %s path=%s error=\"%s\"", what, r->path, strerror(errno));
    r->broken = true;
}

void records_append(struct records *r, struct iovec *parts, int count)
{
    if (!r || r->broken)
        return;
    uint8_t head[HEAD_SIZE];
    size_t length = 0;
    uLong sum = crc32(0, NULL, 0);
    for (int i = 1; i < count; i++) {
        length += parts[i].iov_len;
        sum = crc32(sum, parts[i].iov_base, (uInt)parts[i].iov_len);
    }
    if (length > RECORD_MAX || r->size + length > RECORDS_SIZE_MAX)
        return;
    be32_put(head, (uint32_t)length);
    be32_put(head + 4, (uint32_t)sum);
    parts[0] = (struct iovec){head, HEAD_SIZE};
    ssize_t n = writev(r->fd, parts, count);
    if (n == (ssize_t)(HEAD_SIZE + length))
        r->size += (size_t)n;
    else
        fail(r, "write");
}

static uint8_t *read_all(int fd, size_t *length)
{
    struct stat st;
    *length = 0;
    if (fstat(fd, &st) != 0 || st.st_size < 0 || (size_t)st.st_size > RECORDS_SIZE_MAX)
        return NULL;
    uint8_t *data = malloc((size_t)st.st_size + 1);
    ssize_t n;
    while (data && *length < (size_t)st.st_size &&
           (n = pread(fd, data + *length, (size_t)st.st_size - *length, (off_t)*length)) > 0)
        *length += (size_t)n;
    return data;
}

static bool load(struct records *r, size_t (*parse)(void *ctx, const uint8_t *data, size_t length),
                 void *ctx)
{
    size_t length;
    uint8_t *data = read_all(r->fd, &length);
    if (!data)
        return false;
    r->size = parse(ctx, data, length);
    free(data);
    if (r->size < length)
        log_warn("webhook", "a damaged record, and what came after it, is lost path=%s", r->path);
    return ftruncate(r->fd, (off_t)r->size) == 0;
}

static int open_file(const char *path, int flags)
{
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

struct records *records_open(const char *path,
                             size_t (*parse)(void *ctx, const uint8_t *data, size_t length),
                             void *ctx)
{
    struct records *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    size_t n = strlen(path) + sizeof ".new";
    r->path = strdup(path);
    r->new_path = malloc(n);
    r->fd = open_file(path, 0);
    r->rewrite_at = RECORDS_REWRITE_AT;
    if (r->path && r->new_path && r->fd >= 0) {
        snprintf(r->new_path, n, "%s.new", path);
        if (load(r, parse, ctx))
            return r;
    }
    log_error("webhook", "nothing will outlive this process: path=%s error=\"%s\"", path,
              strerror(errno));
    records_close(r);
    return NULL;
}

void records_close(struct records *r)
{
    if (!r)
        return;
    if (r->fd >= 0)
        close(r->fd);
    free(r->path);
    free(r->new_path);
    free(r);
}

void records_clear(struct records *r)
{
    if (!r || (r->size == 0 && !r->broken))
        return;
    r->size = 0;
    if (ftruncate(r->fd, 0) != 0)
        fail(r, "empty");
    else
        r->broken = false;
}

bool records_are_long(const struct records *r)
{
    return r && !r->broken && r->size > r->rewrite_at;
}

bool records_rewrite_begin(struct records *r)
{
    int fd = open_file(r->new_path, O_TRUNC);
    if (fd < 0) {
        fail(r, "write anew");
        return false;
    }
    close(r->fd);
    r->fd = fd;
    r->size = 0;
    return true;
}

void records_rewrite_end(struct records *r)
{
    if (rename(r->new_path, r->path) != 0)
        fail(r, "replace");
    r->rewrite_at = 2 * r->size > RECORDS_REWRITE_AT ? 2 * r->size : RECORDS_REWRITE_AT;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (1u << 20)

static FILE *open_file(const char *path, bool secret, char *reason)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (!f || fstat(fileno(f), &st) != 0) {
        snprintf(reason, FILE_REASON, "cannot read %.90s: %s", path, strerror(errno));
    } else if (secret && (st.st_mode & 007) != 0) {
        snprintf(reason, FILE_REASON, "%.90s is open to others (mode & 007 must be 0)", path);
    } else {
        return f;
    }
    if (f)
        fclose(f);
    return NULL;
}

char *file_read(const char *path, size_t *length, char reason[static FILE_REASON])
{
    FILE *f = open_file(path, false, reason);
    char *data = f ? malloc(FILE_MAX + 1) : NULL;
    if (f && !data)
        snprintf(reason, FILE_REASON, "out of memory");
    if (data) {
        *length = fread(data, 1, FILE_MAX + 1, f);
        if (*length > FILE_MAX || ferror(f)) {
            snprintf(reason, FILE_REASON, "%.90s: larger than 1 MiB or not a file", path);
            free(data);
            data = NULL;
        } else {
            data[*length] = 0;
        }
    }
    if (f)
        fclose(f);
    return data;
}

bool file_read_secret(const char *path, char *buf, size_t size, char reason[static FILE_REASON])
{
    FILE *f = open_file(path, true, reason);
    if (!f)
        return false;
    size_t n = fread(buf, 1, size, f);
    bool ok = n < size && !ferror(f);
    fclose(f);
    if (ok)
        buf[n] = 0;
    else
        snprintf(reason, FILE_REASON, "%.90s: too long or not a file", path);
    return ok;
}

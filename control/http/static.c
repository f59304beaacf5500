/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/static.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_MAX (16 << 20)

const char *static_content_type(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".txt", "text/plain; charset=utf-8"},
        {".wasm", "application/wasm"},
        {".woff2", "font/woff2"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(dot, types[i].ending) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

void static_respond_bytes(struct http_request *r, const char *name, const void *data, size_t length)
{
    http_add_header(r, "cache-control", "no-cache");
    http_add_header(r, "x-content-type-options", "nosniff");
    http_respond(r, 200, static_content_type(name), data, length);
}

static bool name_is_harmless(const char *name)
{
    return name[0] != '.' && name[0] != '/' && !strstr(name, "/.");
}

static int open_below(const char *directory, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
    int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
    close(dir);
    return fd;
}

/* The content from malloc, or NULL. */
static char *read_whole(int fd, size_t *length)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return NULL;
    size_t size = (size_t)st.st_size, n = 0;
    char *data = malloc(size + 1);
    while (data && n < size) {
        ssize_t got = read(fd, data + n, size - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    *length = n;
    return data;
}

void static_respond_file(struct http_request *r, const char *directory, const char *name)
{
    char path[512];
    size_t n = strlen(name), length = 0;
    bool index = n == 0 || name[n - 1] == '/';
    int written = snprintf(path, sizeof(path), "%s%s", name, index ? "index.html" : "");
    int fd = written > 0 && (size_t)written < sizeof(path) && name_is_harmless(path)
                 ? open_below(directory, path)
                 : -1;
    char *data = fd >= 0 ? read_whole(fd, &length) : NULL;
    if (fd >= 0)
        close(fd);
    if (data)
        static_respond_bytes(r, path, data, length);
    else
        http_respond_not_found(r);
    free(data);
}

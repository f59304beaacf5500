/* SPDX-License-Identifier: Apache-2.0 */
#include "common/link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct link_record {
    struct link_record *next;
    size_t len;
    uint8_t data[];
};

static bool address_of(struct sockaddr_un *sun, const char *path)
{
    *sun = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof(sun->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(sun->sun_path, path, n + 1);
    return true;
}

int link_connect(const char *path)
{
    struct sockaddr_un sun;
    if (!address_of(&sun, path))
        return -1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Removes a socket file that nobody listens on; false if somebody does. */
static bool remove_stale(const char *path)
{
    int fd = link_connect(path);
    if (fd >= 0) {
        close(fd);
        return false;
    }
    if (errno == ECONNREFUSED)
        unlink(path);
    return true;
}

int link_listen(const char *path, int group, char err[static LINK_ERROR_TEXT])
{
    struct sockaddr_un sun;
    if (!address_of(&sun, path)) {
        snprintf(err, LINK_ERROR_TEXT, "%s: path is empty or too long for a Unix socket", path);
        return -1;
    }
    if (!remove_stale(path)) {
        snprintf(err, LINK_ERROR_TEXT, "%s: another process listens there", path);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0;
    umask(mask);
    ok = ok && (group < 0 || (chown(path, (uid_t)-1, (gid_t)group) == 0 && chmod(path, 0660) == 0));
    ok = ok && listen(fd, 4) == 0;
    if (ok)
        return fd;
    snprintf(err, LINK_ERROR_TEXT, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int link_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

bool link_open(struct link *l, int fd)
{
    *l = (struct link){.fd = fd, .buffer = malloc(LINK_RECORD_MAX)};
    if (l->buffer)
        return true;
    close(fd);
    l->fd = -1;
    return false;
}

void link_close(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    while (l->first) {
        struct link_record *r = l->first;
        l->first = r->next;
        free(r);
    }
    free(l->buffer);
    *l = (struct link){.fd = -1};
}

/* 1 sent, 0 not now, -1 broken. */
static int send_record(int fd, const uint8_t *data, size_t len)
{
    ssize_t n;
    do
        n = send(fd, data, len, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)len)
        return 1;
    return n < 0 && (errno == EAGAIN || errno == ENOBUFS) ? 0 : -1;
}

static bool enqueue(struct link *l, const uint8_t *data, size_t len)
{
    if (l->queued + len > LINK_QUEUE_MAX)
        return false;
    struct link_record *r = malloc(sizeof(*r) + len);
    if (!r)
        return false;
    r->next = NULL;
    r->len = len;
    memcpy(r->data, data, len);
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
    l->queued += len;
    return true;
}

bool link_send(struct link *l, const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (l->fd < 0 || len == 0 || len > LINK_RECORD_MAX)
        return false;
    protobuf_c_message_pack(message, l->buffer);
    int sent = l->first ? 0 : send_record(l->fd, l->buffer, len);
    return sent > 0 || (sent == 0 && enqueue(l, l->buffer, len));
}

bool link_flush(struct link *l)
{
    while (l->first) {
        struct link_record *r = l->first;
        int sent = send_record(l->fd, r->data, r->len);
        if (sent <= 0)
            return sent == 0;
        l->first = r->next;
        if (!l->first)
            l->last = NULL;
        l->queued -= r->len;
        free(r);
    }
    return true;
}

bool link_wants_write(const struct link *l)
{
    return l->first != NULL;
}

long link_receive(struct link *l)
{
    ssize_t n;
    do
        n = recv(l->fd, l->buffer, LINK_RECORD_MAX, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -1;
    return n == 0 || n > LINK_RECORD_MAX ? -1 : (long)n;
}

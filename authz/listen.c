/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/config/value.h"
#include "common/log.h"

#define BACKLOG 512

size_t listen_addresses(const char *text, struct net_addr out[static 2])
{
    char host[64];
    const char *colon = strrchr(text, ':');
    int64_t port;
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (!colon || n >= sizeof(host) || !value_number(colon + 1, &port) || port < 0 || port > 65535)
        return 0;
    memcpy(host, text, n);
    host[n] = 0;
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = 0;
    }
    bool local = strcmp(host, "localhost") == 0;
    if (*host && !local)
        return net_addr_parse(&out[0], host, (uint16_t)port) ? 1 : 0;
    net_addr_parse(&out[0], local ? "127.0.0.1" : "0.0.0.0", (uint16_t)port);
    net_addr_parse(&out[1], local ? "::1" : "::", (uint16_t)port);
    return 2;
}

/* Of two families one is enough. */
static bool listen_at(struct http_server *s, const char *text)
{
    struct net_addr at[2];
    char name[NET_ADDR_TEXT];
    size_t n = listen_addresses(text, at), good = 0;
    int error = 0;
    for (size_t i = 0; i < n; i++) {
        int e = http_server_listen(s, &at[i]);
        if (e == 0) {
            good++;
            log_info("start", "listening address=%s", net_addr_format(&at[i], name));
        } else if (e != EAFNOSUPPORT && e != EADDRNOTAVAIL) {
            error = e;
        }
    }
    if (error || good == 0)
        log_error("start", "cannot listen address=\"%s\" error=\"%s\"", text,
                  n == 0 ? "not an address" : strerror(error ? error : EADDRNOTAVAIL));
    return !error && good > 0;
}

/* For sluice-control, which proxies to it. */
static bool listen_unix(struct http_server *s, const char *run_dir)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/authz.sock", run_dir);
    if (n < 0 || (size_t)n >= sizeof(sa.sun_path) || access(run_dir, F_OK) != 0)
        return true;
    if (access(run_dir, W_OK) != 0) {
        log_warn("start", "sluice-control cannot hand on requests run_dir=%s error=\"%s\"", run_dir,
                 strerror(errno));
        return true;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(sa.sun_path);
    mode_t before = umask(0117);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
              listen(fd, BACKLOG) == 0 && http_server_listen_fd(s, fd) == 0;
    umask(before);
    if (ok)
        log_info("start", "listening socket=%s", sa.sun_path);
    else
        log_error("start", "cannot listen socket=%s error=\"%s\"", sa.sun_path, strerror(errno));
    if (!ok && fd >= 0)
        close(fd);
    return ok;
}

bool listen_all(struct http_server *s, const struct config_authz *c)
{
    for (size_t i = 0; i < c->n_listen; i++) {
        if (!listen_at(s, c->listen[i]))
            return false;
    }
    return listen_unix(s, c->run_dir);
}

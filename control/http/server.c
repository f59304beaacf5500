/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/random.h"
#include "control/http/server.h"

#define BODY_MAX_DEFAULT    (10u << 20)
#define RECEIVE_MAX_DEFAULT (64u << 20)
#define BACKLOG             1024

static unsigned or_default(unsigned value, unsigned standard)
{
    return value ? value : standard;
}

static void fill_config(struct http_config *c)
{
    if (c->body_max == 0)
        c->body_max = BODY_MAX_DEFAULT;
    if (c->receive_max == 0)
        c->receive_max = RECEIVE_MAX_DEFAULT;
    c->connections_max = or_default(c->connections_max, 4096);
    c->connections_per_address = or_default(c->connections_per_address, 256);
    c->request_timeout_ms = or_default(c->request_timeout_ms, 10000);
    c->idle_timeout_ms = or_default(c->idle_timeout_ms, 180000);
    c->answer_timeout_ms = or_default(c->answer_timeout_ms, 30000);
    c->send_timeout_ms = or_default(c->send_timeout_ms, 30000);
}

static bool copy_prefixes(struct http_server *s, const struct http_config *cfg)
{
    for (size_t i = 0; i < cfg->prefix_count && i < PREFIXES_MAX; i++) {
        s->prefixes[i] = strdup(cfg->prefixes[i]);
        if (!s->prefixes[i])
            return false;
        s->prefix_count++;
    }
    return true;
}

static void setup_path(h2o_pathconf_t *path)
{
    h2o_handler_t *handler = h2o_create_handler(path, sizeof(*handler));
    handler->on_req = request_start;
    h2o_filter_t *filter = h2o_create_filter(path, sizeof(*filter));
    filter->on_setup_ostream = cors_filter;
    path->error_log.emit_request_errors = 0;
}

/* HTTP/2 is off with upgrade_to_http2: that flag governs both the h2c upgrade and the preface, and
 * without TLS there is no other way to it. */
static void setup_h2o(struct http_server *s)
{
    h2o_config_init(&s->global);
    s->global.http1.upgrade_to_http2 = 0;
    /* h2o has one timer for waiting and receiving; the latter is limited in receiving.c. */
    s->global.http1.req_timeout = s->cfg.idle_timeout_ms > s->cfg.request_timeout_ms
                                      ? s->cfg.idle_timeout_ms
                                      : s->cfg.request_timeout_ms;
    s->global.max_request_entity_size = s->cfg.body_max;
    s->global.server_name = h2o_iovec_init(NULL, 0);
    h2o_hostconf_t *host =
        h2o_config_register_host(&s->global, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    setup_path(h2o_config_register_path(host, "/", 0));
    setup_path(&host->fallback_path);
    h2o_context_init(&s->context, loop_h2o(s->loop), &s->global);
    s->accept = (h2o_accept_ctx_t){.ctx = &s->context, .hosts = s->global.hosts};
}

static void free_server(struct http_server *s)
{
    for (size_t i = 0; i < s->route_count; i++) {
        free(s->routes[i].path);
        free(s->routes[i].methods);
    }
    for (size_t i = 0; i < s->prefix_count; i++)
        free(s->prefixes[i]);
    admission_free(&s->admission);
    free(s);
}

static void on_resume(void *arg, usec_t now)
{
    (void)now;
    connections_pause(arg, false);
}

struct http_server *http_server_create(struct loop *l, const struct http_config *cfg)
{
    struct http_server *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->loop = l;
    s->cfg = *cfg;
    fill_config(&s->cfg);
    if (!admission_init(&s->admission, s->cfg.connections_max, s->cfg.connections_per_address,
                        random_u64()) ||
        !copy_prefixes(s, cfg)) {
        free_server(s);
        return NULL;
    }
    s->resume = (struct loop_timer){.fire = on_resume, .arg = s};
    s->sweep = (struct loop_timer){.fire = receiving_sweep, .arg = s};
    setup_h2o(s);
    return s;
}

static int open_listener(const struct net_addr *at)
{
    struct sockaddr_storage ss;
    socklen_t length = net_addr_to_sockaddr(at, &ss);
    int on = 1;
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ss.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&ss, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int http_server_listen(struct http_server *s, const struct net_addr *at)
{
    int fd = open_listener(at);
    if (fd < 0)
        return errno;
    int error = http_server_listen_fd(s, fd);
    if (error)
        close(fd);
    return error;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage ss;
    socklen_t length = sizeof(ss);
    struct net_addr a;
    if (getsockname(fd, (struct sockaddr *)&ss, &length) != 0)
        return 0;
    return net_addr_from_sockaddr(&a, (struct sockaddr *)&ss) ? a.port : 0;
}

int http_server_listen_fd(struct http_server *s, int fd)
{
    if (s->listener_count == HTTP_LISTEN_MAX)
        return ENOSPC;
    h2o_socket_t *sock = h2o_evloop_socket_create(loop_h2o(s->loop), fd, H2O_SOCKET_FLAG_DONT_READ);
    sock->data = s;
    s->ports[s->listener_count] = port_of(fd);
    s->listeners[s->listener_count++] = sock;
    if (!s->paused)
        h2o_socket_read_start(sock, connections_accept);
    return 0;
}

uint16_t http_server_port(const struct http_server *s, size_t index)
{
    return index < s->listener_count ? s->ports[index] : 0;
}

void http_server_stop_listening(struct http_server *s)
{
    loop_timer_cancel(s->loop, &s->resume);
    for (size_t i = 0; i < s->listener_count; i++)
        h2o_socket_close(s->listeners[i]);
    s->listener_count = 0;
    s->context.shutdown_requested = 1;
}

static void end_connection(struct connection *c)
{
    if (c->websocket) {
        websocket_abort(c->websocket);
        return;
    }
    struct http_request *r = c->request;
    if (r && !r->answered) {
        request_abandon(r);
        r->h2o->http1_is_persistent = 0;
        h2o_send_error_503(r->h2o, "Service Unavailable", "",
                           H2O_SEND_ERROR_HTTP1_CLOSE_CONNECTION);
    }
    connection_break(c);
}

void http_server_destroy(struct http_server *s)
{
    if (!s)
        return;
    http_server_stop_listening(s);
    for (struct connection *c = s->connections, *next; c; c = next) {
        next = c->next;
        end_connection(c);
    }
    for (int turns = 0; s->connections && turns < 1000; turns++)
        loop_turn(s->loop, USEC_PER_MS);
    if (s->connections) {
        log_error("http", "%u connections do not end", s->counters.connections);
        return; /* leaked rather than used after free; the process is ending */
    }
    loop_timer_cancel(s->loop, &s->sweep);
    h2o_multithread_queue_t *queue = s->context.queue;
    h2o_context_dispose(&s->context);
    free(queue); /* h2o closes it and forgets the struct */
    h2o_config_dispose(&s->global);
    loop_turn(s->loop, 0); /* lets h2o free its closed sockets */
    free_server(s);
}

struct http_counters http_server_counters(const struct http_server *s)
{
    return s->counters;
}

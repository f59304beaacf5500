/* SPDX-License-Identifier: Apache-2.0 */
/* hiredis on the event loop. Commands that cannot be sent are not kept: after a new connection, the
 * owner of the jobs writes them all again. */
#include <curl/curl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "authz/delegation/redis_record.h"
#include "authz/delegation/store.h"
#include "common/log.h"

#define HASH      "lk-jwt:jobs"
#define RECONNECT (2 * USEC_PER_SEC)
#define TEXT_MAX  256

struct store_redis {
    struct store base;
    struct loop *loop;
    struct loop_timer reconnect;
    struct loop_watch watch;
    unsigned events;
    char host[TEXT_MAX], user[TEXT_MAX], password[TEXT_MAX];
    int port, db;
    redisAsyncContext *redis;
    bool usable, loaded, closing;
};

/* --- hiredis on the loop --- */

static void watch(struct store_redis *s, unsigned events)
{
    s->events = events;
    if (events)
        loop_watch(s->loop, &s->watch, events);
    else if (s->watch.watched)
        loop_unwatch(s->loop, &s->watch);
}

static void add_read(void *arg)
{
    struct store_redis *s = arg;
    watch(s, s->events | LOOP_READ);
}

static void del_read(void *arg)
{
    struct store_redis *s = arg;
    watch(s, s->events & ~(unsigned)LOOP_READ);
}

static void add_write(void *arg)
{
    struct store_redis *s = arg;
    watch(s, s->events | LOOP_WRITE);
}

static void del_write(void *arg)
{
    struct store_redis *s = arg;
    watch(s, s->events & ~(unsigned)LOOP_WRITE);
}

static void cleanup(void *arg)
{
    watch(arg, 0);
}

static void on_ready(void *arg, unsigned events)
{
    struct store_redis *s = arg;
    if (events & LOOP_READ)
        redisAsyncHandleRead(s->redis);
    if (s->redis && (events & LOOP_WRITE))
        redisAsyncHandleWrite(s->redis);
}

/* --- answers --- */

static bool failed(const redisReply *r, const char *what)
{
    if (r && r->type != REDIS_REPLY_ERROR)
        return false;
    log_error("delegation", "redis %s error=\"%s\"", what, r ? r->str : "connection lost");
    return true;
}

static void on_login(redisAsyncContext *redis, void *reply, void *arg)
{
    (void)redis, (void)arg;
    failed(reply, "login");
}

static void on_written(redisAsyncContext *redis, void *reply, void *arg)
{
    (void)redis, (void)arg;
    failed(reply, "write");
}

static void each_record(void *arg, const struct job_record *r)
{
    struct store *base = arg;
    base->events.loaded(base->events.ctx, r);
}

static void on_all(redisAsyncContext *redis, void *reply, void *arg)
{
    struct store_redis *s = arg;
    const redisReply *r = reply;
    (void)redis;
    if (failed(r, "read"))
        return;
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2) {
        const redisReply *v = r->element[i + 1];
        if (v->type != REDIS_REPLY_STRING ||
            !redis_record_read(v->str, v->len, each_record, &s->base))
            log_warn("delegation", "a job in redis cannot be read");
    }
    s->usable = true;
    s->base.events.all_loaded(s->base.events.ctx);
}

/* --- the connection --- */

static void connect_later(struct store_redis *s)
{
    s->usable = false;
    s->redis = NULL;
    if (!s->closing)
        loop_timer_after(s->loop, &s->reconnect, RECONNECT);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct store_redis *s = redis->ev.data;
    if (status != REDIS_OK)
        log_warn("delegation", "redis connection lost error=\"%s\"", redis->errstr);
    connect_later(s);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct store_redis *s = redis->ev.data;
    if (status != REDIS_OK) {
        log_warn("delegation", "redis not reached host=%s error=\"%s\"", s->host, redis->errstr);
        connect_later(s);
        return;
    }
    if (*s->user && *s->password)
        redisAsyncCommand(s->redis, on_login, s, "AUTH %s %s", s->user, s->password);
    else if (*s->password)
        redisAsyncCommand(s->redis, on_login, s, "AUTH %s", s->password);
    if (s->db > 0)
        redisAsyncCommand(s->redis, on_login, s, "SELECT %d", s->db);
    redisAsyncCommand(s->redis, on_all, s, "HGETALL %s", HASH);
}

static void open_connection(struct store_redis *s)
{
    s->redis = redisAsyncConnect(s->host, s->port);
    if (!s->redis || s->redis->err) {
        if (s->redis)
            redisAsyncFree(s->redis);
        connect_later(s);
        return;
    }
    s->watch = (struct loop_watch){.ready = on_ready, .arg = s, .fd = s->redis->c.fd};
    s->events = 0;
    s->redis->ev.data = s;
    s->redis->ev.addRead = add_read;
    s->redis->ev.delRead = del_read;
    s->redis->ev.addWrite = add_write;
    s->redis->ev.delWrite = del_write;
    s->redis->ev.cleanup = cleanup;
    redisAsyncSetConnectCallback(s->redis, on_connect);
    redisAsyncSetDisconnectCallback(s->redis, on_disconnect);
}

static void on_reconnect(void *arg, usec_t now)
{
    (void)now;
    open_connection(arg);
}

/* --- the methods --- */

static void load(struct store *base)
{
    open_connection((struct store_redis *)base);
}

static void put(struct store *base, const struct job_record *r)
{
    struct store_redis *s = (struct store_redis *)base;
    char *field = redis_record_field(r->room, r->identity), *value = redis_record_value(r);
    if (s->usable && field && value)
        redisAsyncCommand(s->redis, on_written, s, "HSET %s %s %s", HASH, field, value);
    free(field);
    free(value);
}

static void drop(struct store *base, const char *room, const char *identity)
{
    struct store_redis *s = (struct store_redis *)base;
    char *field = redis_record_field(room, identity);
    if (s->usable && field)
        redisAsyncCommand(s->redis, on_written, s, "HDEL %s %s", HASH, field);
    free(field);
}

static void destroy(struct store *base)
{
    struct store_redis *s = (struct store_redis *)base;
    s->closing = true;
    if (s->redis)
        redisAsyncFree(s->redis);
    loop_timer_cancel(s->loop, &s->reconnect);
    explicit_bzero(s->password, sizeof(s->password));
    free(s);
}

static void take(CURLU *u, CURLUPart part, char *out, const char *otherwise)
{
    char *text = NULL;
    CURLUcode got = curl_url_get(u, part, &text, CURLU_URLDECODE);
    strncpy(out, got == CURLUE_OK ? text : otherwise, TEXT_MAX - 1);
    curl_free(text);
}

static bool read_url(struct store_redis *s, const char *url)
{
    CURLU *u = curl_url();
    char port[TEXT_MAX] = "", path[TEXT_MAX] = "", scheme[TEXT_MAX] = "";
    bool ok = u && curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    if (ok) {
        take(u, CURLUPART_SCHEME, scheme, "");
        take(u, CURLUPART_HOST, s->host, "");
        take(u, CURLUPART_PORT, port, "6379");
        take(u, CURLUPART_USER, s->user, "");
        take(u, CURLUPART_PASSWORD, s->password, "");
        take(u, CURLUPART_PATH, path, "/");
        s->port = atoi(port);
        s->db = atoi(path + 1);
        ok = strcmp(scheme, "redis") == 0 && *s->host;
    }
    curl_url_cleanup(u);
    return ok;
}

struct store *store_redis_open(struct loop *l, const char *url, const char *password,
                               const struct store_events *e)
{
    static const struct store_methods methods = {load, put, drop, destroy};
    struct store_redis *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->base = (struct store){.methods = &methods, .events = *e};
    s->loop = l;
    s->reconnect = (struct loop_timer){.fire = on_reconnect, .arg = s};
    if (!read_url(s, url)) {
        log_error("delegation", "LIVEKIT_REDIS_URL cannot be read: redis://host:port/db is wanted");
        free(s);
        return NULL;
    }
    if (*password)
        strncpy(s->password, password, TEXT_MAX - 1);
    return &s->base;
}

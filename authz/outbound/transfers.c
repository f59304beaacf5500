/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/transfers.h"

#include <malloc.h>
#include <stdlib.h>

#include "common/hash.h"

/* Between starts what is under way goes on. */
#define STARTS_PER_TURN 8
#define IDLE_TIME       (90 * USEC_PER_SEC) /* without a transfer: connections end */

/* After a burst memory is given back. */
#define BURST      128 /* transfers at once */
#define BURST_OVER USEC_PER_SEC

/* A socket that libcurl wants watched. */
struct transfer_socket {
    struct transfers *owner;
    struct loop_watch watch;
};

/* --- libcurl's sockets and timer on the loop --- */

static void act(struct transfers *t, curl_socket_t fd, int mask)
{
    int running;
    curl_multi_socket_action(t->multi, fd, mask, &running);
    loop_post(t->loop, &t->reap);
}

static void on_ready(void *arg, unsigned events)
{
    const struct transfer_socket *s = arg;
    int mask =
        (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    act(s->owner, s->watch.fd, mask);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct transfers *t = arg;
    (void)multi;
    if (ms < 0)
        loop_timer_cancel(t->loop, &t->timer);
    else
        loop_timer_after(t->loop, &t->timer, (usec_t)ms * USEC_PER_MS);
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct transfers *t = arg;
    struct transfer_socket *s = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            loop_unwatch(t->loop, &s->watch);
        free(s);
        curl_multi_assign(t->multi, fd, NULL);
        return 0;
    }
    if (!s) {
        s = calloc(1, sizeof(*s));
        if (!s)
            return -1;
        s->owner = t;
        s->watch = (struct loop_watch){.ready = on_ready, .arg = s, .fd = fd};
        curl_multi_assign(t->multi, fd, s);
    }
    unsigned events =
        (what & CURL_POLL_IN ? LOOP_READ : 0u) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0u);
    return loop_watch(t->loop, &s->watch, events) ? 0 : -1;
}

static void reap(void *arg)
{
    struct transfers *t = arg;
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(t->multi, &left))) {
        struct transfer *x = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
        transfer_finish(x, code);
    }
}

/* --- handles --- */

CURL *transfers_take_handle(struct transfers *t, const char *host)
{
    CURL *easy = t->spares > 0 ? t->spare[--t->spares] : curl_easy_init();
    if (easy)
        curl_easy_setopt(easy, CURLOPT_SHARE,
                         t->shares[hash_text(HASH_START, host) % TRANSFERS_SHARES]);
    return easy;
}

void transfers_give_handle(struct transfers *t, CURL *easy)
{
    if (t->spares == TRANSFERS_SPARE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    t->spare[t->spares++] = easy;
}

/* --- which transfers there are --- */

static void start(struct transfers *t, struct transfer *x)
{
    usec_t now = clock_monotonic();
    loop_timer_cancel(t->loop, &x->timer);
    long left = x->deadline > now ? (long)((x->deadline - now) / USEC_PER_MS) : 0;
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, left + 1);
    x->started = curl_multi_add_handle(t->multi, x->easy) == CURLM_OK;
    if (!x->started)
        transfer_finish(x, CURLE_OUT_OF_MEMORY);
}

static void start_some(void *arg)
{
    struct transfers *t = arg;
    struct turns_member *m;
    for (int i = 0; i < STARTS_PER_TURN && (m = turns_next(&t->turns)); i++)
        start(t, m->arg);
    if (turns_any(&t->turns))
        loop_post(t->loop, &t->start);
}

/* Its turn never came. */
static void on_late(void *arg, usec_t now)
{
    (void)now;
    transfer_finish(arg, CURLE_OPERATION_TIMEDOUT);
}

bool transfers_add(struct transfers *t, struct transfer *x, const char *host, usec_t timeout)
{
    x->next = t->all;
    if (t->all)
        t->all->prev = x;
    t->all = x;
    t->count++;
    if (t->count > t->peak)
        t->peak = t->count;
    x->deadline = clock_monotonic() + timeout;
    x->timer = (struct loop_timer){.fire = on_late, .arg = x};
    loop_timer_at(t->loop, &x->timer, x->deadline);
    loop_timer_cancel(t->loop, &t->idle);
    loop_post(t->loop, &t->start);
    return turns_wait(&t->turns, &x->turn, host, x);
}

void transfers_connected(struct transfers *t, struct transfer *x)
{
    turns_leave(&t->turns, &x->turn);
    if (turns_any(&t->turns))
        loop_post(t->loop, &t->start);
}

void transfers_remove(struct transfers *t, struct transfer *x)
{
    *(x->prev ? &x->prev->next : &t->all) = x->next;
    if (x->next)
        x->next->prev = x->prev;
    loop_timer_cancel(t->loop, &x->timer);
    if (x->started)
        curl_multi_remove_handle(t->multi, x->easy);
    transfers_connected(t, x);
    t->count--;
    if (t->peak >= BURST && t->count < t->peak / 4 && !t->burst.armed)
        loop_timer_after(t->loop, &t->burst, BURST_OVER);
    if (!t->all)
        loop_timer_after(t->loop, &t->idle, IDLE_TIME);
}

/* --- all of it --- */

static CURLM *make_multi(struct transfers *t)
{
    CURLM *multi = curl_multi_init();
    if (!multi)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, t->limits.connections);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, t->limits.per_host);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, t->limits.kept);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return multi;
}

static void drop_spares(struct transfers *t)
{
    while (t->spares > 0)
        curl_easy_cleanup(t->spare[--t->spares]);
}

/* libcurl looks at connections that it keeps only when a transfer begins: those that servers have
 * closed meanwhile would stay. */
static void drop_connections(struct transfers *t)
{
    CURLM *fresh = make_multi(t), *old = t->multi;
    if (!fresh)
        return;
    drop_spares(t);
    curl_multi_cleanup(old);
    t->multi = fresh;
    loop_timer_cancel(t->loop, &t->timer);
}

static void on_idle(void *arg, usec_t now)
{
    (void)now;
    drop_connections(arg);
    malloc_trim(0);
}

/* What a burst took lies between what stays, and would not be given back by itself. */
static void on_burst_over(void *arg, usec_t now)
{
    struct transfers *t = arg;
    (void)now;
    t->peak = t->count;
    malloc_trim(0);
}

static bool make_shares(struct transfers *t)
{
    for (size_t i = 0; i < TRANSFERS_SHARES; i++) {
        t->shares[i] = curl_share_init();
        if (!t->shares[i])
            return false;
        curl_share_setopt(t->shares[i], CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }
    return true;
}

struct transfers *transfers_create(struct loop *l, const struct transfer_limits *limits)
{
    struct transfers *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->loop = l;
    t->limits = *limits;
    t->timer = (struct loop_timer){.fire = on_timer, .arg = t};
    t->idle = (struct loop_timer){.fire = on_idle, .arg = t};
    t->burst = (struct loop_timer){.fire = on_burst_over, .arg = t};
    t->reap = (struct loop_task){.run = reap, .arg = t};
    t->start = (struct loop_task){.run = start_some, .arg = t};
    t->multi = make_multi(t);
    bool ok = t->multi && make_shares(t);
    if (ok)
        return t;
    transfers_destroy(t);
    return NULL;
}

void transfers_destroy(struct transfers *t)
{
    if (!t)
        return;
    for (struct transfer *x = t->all, *next; x; x = next) {
        next = x->next;
        transfer_cancel(x);
    }
    drop_spares(t);
    curl_multi_cleanup(t->multi);
    for (size_t i = 0; i < TRANSFERS_SHARES; i++)
        curl_share_cleanup(t->shares[i]);
    loop_timer_cancel(t->loop, &t->timer);
    loop_timer_cancel(t->loop, &t->idle);
    loop_timer_cancel(t->loop, &t->burst);
    loop_unpost(t->loop, &t->reap);
    loop_unpost(t->loop, &t->start);
    free(t);
}

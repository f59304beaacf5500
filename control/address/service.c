/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/service.h"

#include "common/log.h"
#include "control/address/interfaces.h"
#include "control/address/memory.h"
#include "control/address/report.h"
#include "control/address/resolver.h"
#include "control/address/watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* News of the network come in bursts. */
#define NEWS_WAIT (100 * USEC_PER_MS)

struct address_service {
    struct loop *loop;
    const struct config *config;
    struct address_service_output out;
    struct watcher watcher;
    struct resolver *resolver;
    struct interfaces_watch interfaces;
    struct loop_timer timer, news;
    const char *what; /* of the news */
    struct net_addr memory[FAMILIES];
};

static void arm(struct address_service *s)
{
    usec_t at = watcher_deadline(&s->watcher);
    if (at == USEC_NEVER)
        loop_timer_cancel(s->loop, &s->timer);
    else
        loop_timer_at(s->loop, &s->timer, at);
}

static void due(void *arg, usec_t now)
{
    struct address_service *s = arg;
    watcher_tick(&s->watcher, now);
    arm(s);
}

static void on_ask(void *ctx, const Sluice__Link__AskStun *m)
{
    struct address_service *s = ctx;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_ASK_STUN;
    c.ask_stun = (Sluice__Link__AskStun *)(uintptr_t)m;
    s->out.command(s->out.ctx, &c);
}

static void on_line(void *ctx, bool down)
{
    struct address_service *s = ctx;
    Sluice__Link__SetLine m = SLUICE__LINK__SET_LINE__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    m.down = down;
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_LINE;
    c.set_line = &m;
    s->out.command(s->out.ctx, &c);
}

static void on_resolve(void *ctx, unsigned name, const char *host)
{
    struct address_service *s = ctx;
    resolver_ask(s->resolver, name, host);
}

static void on_resolved(void *arg, unsigned name, const struct net_addr *list, size_t n)
{
    struct address_service *s = arg;
    watcher_resolved(&s->watcher, name, list, n, clock_monotonic());
    arm(s);
}

static void on_offer(void *ctx, const struct address_plan *p, const char *reason, usec_t now)
{
    struct address_service *s = ctx;
    s->out.offer(s->out.ctx, p, reason, now);
}

static void on_remember(void *ctx, const struct net_addr *a)
{
    struct address_service *s = ctx;
    const char *dir = s->config->address.state_dir;
    s->memory[a->family == 6] = *a;
    if (*dir && !memory_write(dir, s->memory))
        log_warn("address", "the last known address is not kept dir=%s error=\"%s\"", dir,
                 strerror(errno));
}

static void look_at_interfaces(struct address_service *s, usec_t now)
{
    struct net_addr list[CANDIDATE_ADDRESSES_MAX];
    size_t n = interfaces_addresses(s->config, list, CANDIDATE_ADDRESSES_MAX);
    struct net_addr loopback = interfaces_loopback(s->config, n);
    watcher_interfaces(&s->watcher, list, n, &loopback, now);
}

static void news_due(void *arg, usec_t now)
{
    struct address_service *s = arg;
    look_at_interfaces(s, now);
    watcher_alarm(&s->watcher, s->what, now);
    arm(s);
}

static void on_news(void *arg, const char *what)
{
    struct address_service *s = arg;
    s->what = what;
    if (!s->news.armed)
        loop_timer_after(s->loop, &s->news, NEWS_WAIT);
}

static void recall(struct address_service *s)
{
    const char *dir = s->config->address.state_dir;
    if (!*dir)
        return;
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        log_warn("address", "sluice.state_dir=%s error=\"%s\"", dir, strerror(errno));
    memory_read(dir, s->memory);
    for (int f = 0; f < FAMILIES; f++)
        if (s->memory[f].family)
            watcher_last_known(&s->watcher, &s->memory[f]);
}

struct address_service *address_service_create(struct loop *l, const struct config *config,
                                               const struct address_service_output *out)
{
    struct address_service *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct address_service){.loop = l, .config = config, .out = *out};
    s->timer = (struct loop_timer){.fire = due, .arg = s};
    s->news = (struct loop_timer){.fire = news_due, .arg = s};
    s->interfaces.changed = on_news;
    s->interfaces.arg = s;
    s->resolver = resolver_create(l, on_resolved, s);
    if (!s->resolver) {
        free(s);
        return NULL;
    }
    const struct watcher_output w = {.ctx = s,
                                     .ask = on_ask,
                                     .line = on_line,
                                     .resolve = on_resolve,
                                     .offer = on_offer,
                                     .remember = on_remember};
    usec_t now = clock_monotonic();
    watcher_init(&s->watcher, config, &w, now);
    recall(s);
    look_at_interfaces(s, now);
    if (!interfaces_watch_open(&s->interfaces, l))
        log_warn("address", "changes of the network are not noticed at once error=\"%s\"",
                 strerror(errno));
    arm(s);
    return s;
}

void address_service_destroy(struct address_service *s)
{
    if (!s)
        return;
    interfaces_watch_close(&s->interfaces);
    resolver_destroy(s->resolver);
    loop_timer_cancel(s->loop, &s->timer);
    loop_timer_cancel(s->loop, &s->news);
    free(s);
}

void address_service_refresh(struct address_service *s, const char *reason)
{
    usec_t now = clock_monotonic();
    look_at_interfaces(s, now);
    watcher_alarm(&s->watcher, reason, now);
    arm(s);
}

void address_service_event(struct address_service *s, const Sluice__Link__Event *e, usec_t now)
{
    switch (e->body_case) {
    case SLUICE__LINK__EVENT__BODY_WELCOME:
        watcher_ports(&s->watcher, e->welcome->n_media_ports);
        break;
    case SLUICE__LINK__EVENT__BODY_DUMP_END:
        watcher_link(&s->watcher, true, now);
        break;
    case SLUICE__LINK__EVENT__BODY_MAPPED_ADDRESS:
        watcher_mapped(&s->watcher, e->mapped_address, now);
        break;
    case SLUICE__LINK__EVENT__BODY_SILENCE:
        watcher_silence(&s->watcher, e->silence, now);
        break;
    default:
        return;
    }
    arm(s);
}

void address_service_link_lost(struct address_service *s, usec_t now)
{
    watcher_link(&s->watcher, false, now);
}

const struct watcher *address_service_watcher(const struct address_service *s)
{
    return &s->watcher;
}

json_t *address_service_report(const struct address_service *s, usec_t now)
{
    return report_make(&s->watcher, now);
}

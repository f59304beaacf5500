/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice-control: signalling, rooms and the server API. Keeps nothing that cannot be had back from
 * the dataplane, so it may be stopped and started during calls.
 */
#include "common/config/config.h"
#include "common/descriptors.h"
#include "common/log.h"
#include "common/sandbox/sandbox.h"
#include "control/address/routes.h"
#include "control/address/service.h"
#include "control/api/routes.h"
#include "control/auth.h"
#include "control/console/stats_relay.h"
#include "control/http/static.h"
#include "control/internal/internal.h"
#include "control/link/client.h"
#include "control/proxy/proxy.h"
#include "control/reports.h"
#include "control/room/events.h"
#include "control/settings.h"
#include "control/signal/endpoint.h"
#include "control/signal/readdress.h"
#include "control/stats/stats.h"
#include "control/waiting_file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* How long clients may take to receive their goodbye. */
#define GOODBYE_TIME (500 * USEC_PER_MS)

/* What a limit of 0 allows: bounded, as memory is. */
#define BODY_UNLIMITED    ((uint64_t)64 << 20)
#define MESSAGE_UNLIMITED ((uint64_t)64 << 20)

/* A socket for each participant's signalling, and those of requests. */
#define DESCRIPTORS_WANTED 8192

struct control {
    int argc;
    char **argv;
    struct config config;
    struct api_keys keys;
    struct settings settings;
    struct loop *loop;
    struct http_server *http;
    struct signalling *signalling;
    struct endpoint *endpoint;
    struct api_routes *api;
    struct reports reports;
    struct link_client *link;
    struct internal *internal;
    struct control_stats *stats;
    usec_t started;
    struct proxy *proxy;
    struct stats_relay *stats_relay; /* NULL without console_dir */
    struct address_service *address;
    struct waiting_file waiting;
    struct loop_timer clock, goodbye;
    struct loop_watch signals;
    bool stopping;
};

static void arm_clock(void *arg)
{
    struct control *c = arg;
    usec_t at = rooms_deadline(signalling_rooms(c->signalling));
    if (at == USEC_NEVER)
        loop_timer_cancel(c->loop, &c->clock);
    else
        loop_timer_at(c->loop, &c->clock, at);
    waiting_file_touch(&c->waiting);
}

static void clock_due(void *arg, usec_t now)
{
    struct control *c = arg;
    rooms_run(signalling_rooms(c->signalling), now);
    arm_clock(c);
}

static void on_event(void *ctx, Sluice__Link__Event *e, usec_t now)
{
    struct control *c = ctx;
    address_service_event(c->address, e, now);
    if (e->body_case == SLUICE__LINK__EVENT__BODY_SILENT_TRANSPORTS)
        readdress_silent(c->signalling, e->silent_transports, now);
    bool up = signalling_rooms(c->signalling)->media.up;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_REPORTS)
        streams_reports(&c->reports.history.streams, signalling_rooms(c->signalling), e->reports);
    rooms_event(signalling_rooms(c->signalling), e, now);
    if (c->stats && !up && signalling_rooms(c->signalling)->media.up)
        control_stats_note(c->stats, "dataplane_connected", "");
    reports_settle(&c->reports, signalling_rooms(c->signalling));
    arm_clock(c);
}

static void on_link_lost(void *ctx)
{
    struct control *c = ctx;
    address_service_link_lost(c->address, clock_monotonic());
    if (c->stats && signalling_rooms(c->signalling)->media.up)
        control_stats_note(c->stats, "dataplane_lost", "");
    rooms_link_lost(signalling_rooms(c->signalling));
}

static void on_command(void *ctx, Sluice__Link__Command *command)
{
    struct control *c = ctx;
    link_client_send(c->link, command);
}

static void tell_address(struct control_stats *s, const struct address_plan *p, const char *reason)
{
    char text[ADDRESS_PLAN_TEXT + 256], plan[ADDRESS_PLAN_TEXT];
    snprintf(text, sizeof text, "%s (%s)", address_plan_text(p, plan), reason);
    control_stats_note(s, "address_changed", text);
}

static void on_offer(void *ctx, const struct address_plan *p, const char *reason, usec_t now)
{
    struct control *c = ctx;
    readdress(c->signalling, p->list, p->count, now);
    arm_clock(c);
    if (c->stats)
        tell_address(c->stats, p, reason);
}

static void on_quality(void *ctx, Livekit__ConnectionQuality quality, double mos)
{
    struct control *c = ctx;
    streams_quality(&c->reports.history.streams, (int)quality, mos);
}

static void on_room_event(void *ctx, enum room_event e, const struct room *r,
                          const struct participant *p, const struct publication *t)
{
    struct control *c = ctx;
    reports_event(&c->reports, e, r, p, t);
    if (c->internal)
        internal_event(c->internal, e, r, p);
    if (c->stats)
        control_stats_event(c->stats, e, r, p, t);
}

/* What is for sluice-authz brings credentials of other kinds. */
static bool guard(struct http_request *r, void *arg)
{
    struct control *c = arg;
    return proxy_handles(http_path(r)) || auth_guard(r, &c->keys);
}

static void on_health(struct http_request *r, void *arg)
{
    struct control *c = arg;
    if (signalling_rooms(c->signalling)->media.up && !c->stopping)
        http_respond_text(r, 200, "OK");
    else
        http_respond_text(r, 406, "Not Ready");
}

static void on_console(struct http_request *r, void *arg)
{
    struct control *c = arg;
    const char *name = http_path(r) + strlen("/console/");
    static_respond_file(r, c->config.sluice.console_dir, name);
}

static void goodbye_over(void *arg, usec_t now)
{
    (void)now;
    struct control *c = arg;
    loop_stop(c->loop);
}

/* New keys for what comes from now on; who is there stays, whatever its key. */
static void reload_keys(struct control *c)
{
    char err[CONFIG_ERROR_TEXT];
    struct config *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return;
    if (config_load(fresh, "sluice-control", c->argc, c->argv, err) == CONFIG_OK) {
        settings_read_keys(&c->keys, fresh);
        log_info("control", "API keys reloaded count=%zu", c->keys.count);
    } else {
        log_error("control", "API keys stay as they were: %s", err);
    }
    explicit_bzero(fresh, sizeof *fresh);
    free(fresh);
}

/* SIGHUP reads the keys again and looks anew for our address. SIGUSR2 ends this process alone:
 * sessions stay with the dataplane, and clients resume with the next one. Of the others the first
 * says goodbye to everyone, the second ends the process. */
static void on_signal(void *arg, unsigned events)
{
    (void)events;
    struct control *c = arg;
    struct signalfd_siginfo info;
    if (read(c->signals.fd, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGHUP) {
        reload_keys(c);
        address_service_refresh(c->address, "SIGHUP");
        return;
    }
    log_info("control", "stopping signal=%u", info.ssi_signo);
    if (c->stopping || info.ssi_signo == SIGUSR2) {
        loop_stop(c->loop);
        return;
    }
    c->stopping = true;
    http_server_stop_listening(c->http);
    rooms_shut_down(signalling_rooms(c->signalling), clock_monotonic());
    arm_clock(c);
    loop_timer_after(c->loop, &c->goodbye, GOODBYE_TIME);
}

static bool watch_signals(struct control *c)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    c->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    c->signals.ready = on_signal;
    c->signals.arg = c;
    return c->signals.fd >= 0 && loop_watch(c->loop, &c->signals, LOOP_READ);
}

static bool listen_at(struct control *c, const char *ip)
{
    struct net_addr at;
    char text[NET_ADDR_TEXT];
    if (!net_addr_parse(&at, ip, c->config.port)) {
        log_error("control", "bind_addresses: not an address: %s", ip);
        return false;
    }
    int error = http_server_listen(c->http, &at);
    if (error)
        log_error("control", "cannot listen address=%s error=\"%s\"", net_addr_format(&at, text),
                  strerror(error));
    else
        log_info("control", "listening address=%s", net_addr_format(&at, text));
    return error == 0;
}

/* Every address that was named, or else whichever of both families there is. */
static bool listen_all(struct control *c)
{
    const struct config_list *l = &c->config.bind_addresses;
    for (size_t i = 0; i < l->n; i++)
        if (!listen_at(c, l->text[i]))
            return false;
    if (l->n > 0)
        return true;
    bool v4 = listen_at(c, "0.0.0.0");
    return listen_at(c, "::") || v4;
}

static bool start_api(struct control *c)
{
    const struct api_limits limits = {
        .room_name = c->config.limit.max_room_name_length,
        .metadata = c->config.limit.max_metadata_size,
        .attributes = c->config.limit.max_attributes_size,
        .participant_name = c->config.limit.max_participant_name_length,
        .remote_unmute = c->config.room.enable_remote_unmute,
    };
    c->api = api_routes_create(c->http, signalling_rooms(c->signalling), &limits, arm_clock, c);
    const struct metrics_sources sources = {.rooms = signalling_rooms(c->signalling),
                                            .api = c->api ? api_routes_api(c->api) : NULL,
                                            .http = c->http,
                                            .address = address_service_watcher(c->address)};
    return c->api && reports_listen(&c->reports, c->loop, &c->config, &sources);
}

static uint64_t limit_or(uint32_t limit, uint64_t unlimited)
{
    return limit > 0 ? limit : unlimited;
}

static bool start_http(struct control *c)
{
    static const char *const prefixes[] = {"/livekit/sfu"};
    struct http_config cfg = {
        .prefixes = prefixes,
        .prefix_count = 1,
        .body_max = limit_or(c->config.limit.max_api_request_body_size, BODY_UNLIMITED),
        .connections_per_address = c->config.sluice.connections_per_address,
    };
    c->http = http_server_create(c->loop, &cfg);
    if (!c->http)
        return false;
    http_set_guard(c->http, guard, c);
    http_route(c->http, NULL, "/", HTTP_EXACT, on_health, c);
    if (*c->config.sluice.console_dir) {
        c->stats_relay = stats_relay_create(c->loop, c->http, c->config.sluice.run_dir);
        if (!c->stats_relay)
            return false;
        http_route(c->http, "GET HEAD", "/console/", HTTP_BELOW, on_console, c);
    }
    struct endpoint_config e = {
        .limits = {.max_identity = c->config.limit.max_participant_identity_length,
                   .max_room_name = c->config.limit.max_room_name_length,
                   .auto_create = c->config.room.auto_create},
        .message_max = limit_or(c->config.limit.signal_message_size, MESSAGE_UNLIMITED),
        .touched = arm_clock,
        .arg = c,
    };
    c->proxy = proxy_create(c->loop, c->http, c->config.sluice.run_dir);
    c->endpoint = endpoint_create(c->loop, c->http, c->signalling, &e);
    return c->proxy && c->endpoint && start_api(c) && listen_all(c);
}

static bool start_rooms(struct control *c)
{
    settings_read_keys(&c->keys, &c->config);
    settings_read(&c->settings, &c->config, &c->keys);
    c->signalling = signalling_create(&c->settings.rooms);
    if (!c->signalling)
        return false;
    struct signalling_output out = {.ctx = c, .command = on_command, .event = on_room_event};
    signalling_set_output(c->signalling, &out);
    signalling_rooms(c->signalling)->quality = on_quality;
    signalling_rooms(c->signalling)->quality_ctx = c;
    const struct address_service_output address = {
        .ctx = c, .command = on_command, .offer = on_offer};
    c->address = address_service_create(c->loop, &c->config, &address);
    return c->address != NULL &&
           waiting_file_open(&c->waiting, c->loop, signalling_rooms(c->signalling),
                             c->config.sluice.run_dir);
}

static bool start_link(struct control *c)
{
    char path[CONFIG_TEXT + 32];
    snprintf(path, sizeof path, "%s/dataplane.sock", c->config.sluice.run_dir);
    struct link_client_events events = {.ctx = c, .event = on_event, .lost = on_link_lost};
    c->link = link_client_create(c->loop, path, &events);
    return c->link != NULL;
}

static bool start_internal(struct control *c)
{
    const struct internal_config cfg = {.run_dir = c->config.sluice.run_dir,
                                        .rooms = signalling_rooms(c->signalling),
                                        .touched = arm_clock,
                                        .arg = c};
    c->internal = internal_create(c->loop, &cfg);
    return c->internal && address_routes(internal_server(c->internal), c->address);
}

static bool start_stats(struct control *c)
{
    const struct stats_sources sources = {.rooms = signalling_rooms(c->signalling),
                                          .history = &c->reports.history,
                                          .http = c->http,
                                          .webhook = c->reports.webhook,
                                          .address = c->address,
                                          .started = c->started};
    c->stats = control_stats_open(c->loop, c->config.sluice.run_dir, &sources);
    return c->stats != NULL;
}

static bool start(struct control *c)
{
    descriptors_raise(DESCRIPTORS_WANTED);
    c->loop = loop_create();
    c->started = clock_monotonic();
    c->clock = (struct loop_timer){.fire = clock_due, .arg = c};
    c->goodbye = (struct loop_timer){.fire = goodbye_over, .arg = c};
    return c->loop && watch_signals(c) && start_rooms(c) &&
           reports_start(&c->reports, c->loop, &c->config, &c->keys) && start_link(c) &&
           start_internal(c) && start_http(c) && start_stats(c);
}

static void stop(struct control *c)
{
    if (c->http)
        http_server_destroy(c->http);
    internal_destroy(c->internal);
    control_stats_close(c->stats);
    c->internal = NULL; /* leaving rooms still tells */
    c->stats = NULL;
    proxy_destroy(c->proxy);
    stats_relay_destroy(c->stats_relay);
    endpoint_destroy(c->endpoint);
    api_routes_destroy(c->api);
    link_client_destroy(c->link);
    address_service_destroy(c->address);
    if (c->signalling)
        waiting_file_close(&c->waiting);
    signalling_destroy(c->signalling);
    reports_stop(&c->reports);
    if (c->loop) {
        loop_timer_cancel(c->loop, &c->clock);
        loop_timer_cancel(c->loop, &c->goodbye);
        loop_unwatch(c->loop, &c->signals);
        close(c->signals.fd);
        loop_destroy(c->loop);
    }
    api_keys_wipe(&c->keys);
}

/* Threads: the resolver of outgoing requests makes some. */
static bool give_up_rights(const struct config *config)
{
    static const char *const calls[] = {"clone", "clone3", "rename", NULL};
    const struct sandbox s = {.user = config->sluice.user[0] ? config->sluice.user : NULL,
                              .calls = calls};
    return sandbox_enter(&s);
}

int main(int argc, char **argv)
{
    static struct control c;
    c.argc = argc;
    c.argv = argv;
    char err[CONFIG_ERROR_TEXT];
    switch (config_load(&c.config, "sluice-control", argc, argv, err)) {
    case CONFIG_OK:
        break;
    case CONFIG_HELP:
        return 0;
    case CONFIG_WRONG:
        fprintf(stderr, "sluice-control: %s\n", err);
        return 2;
    }
    log_setup("sluice-control", c.config.log_level, c.config.log_json);
    config_warn_ignored(&c.config);
    bool good = start(&c) && give_up_rights(&c.config);
    if (good)
        loop_run(c.loop);
    stop(&c);
    return good ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/session.h"

#include "common/random.h"
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <stdlib.h>

static bool allocate(struct sessions *s, const struct sessions_config *c, usec_t now)
{
    bool ok = registry_init(&s->rooms, c->participants) &&
              registry_init(&s->participants, c->participants) &&
              registry_init(&s->transports, c->transports) &&
              registry_init(&s->tracks, c->tracks) &&
              registry_init(&s->subscriptions, c->subscriptions) &&
              id_map_init(&s->ufrags, 2 * c->transports) &&
              id_map_init(&s->remotes, ICE_PAIRS_MAX * c->transports) &&
              timers_init(&s->timers, c->transports);
    s->room = calloc(c->participants, sizeof(*s->room));
    s->participant = calloc(c->participants, sizeof(*s->participant));
    s->transport = calloc(c->transports, sizeof(*s->transport));
    s->track = calloc(c->tracks, sizeof(*s->track));
    s->subscription = calloc(c->subscriptions, sizeof(*s->subscription));
    s->scratch = malloc(DATA_SCRATCH);
    s->srtp = srtp_engine_create(c->srtp_engine);
    s->data = data_stack_create(c->transports, now);
    return ok && s->room && s->participant && s->transport && s->track && s->subscription &&
           s->scratch && s->srtp && s->data;
}

struct sessions *sessions_create(const struct sessions_config *config,
                                 const struct sessions_output *output, struct dtls_context *dtls,
                                 struct counters *counters, usec_t now)
{
    struct sessions *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->config = *config;
    s->out = *output;
    s->dtls = dtls;
    s->counters = counters;
    s->now = now;
    s->instance = random_u64();
    s->hash_seed = random_u64();
    s->batch_deadline = s->trim_at = USEC_NEVER;
    silence_init(s);
    if (allocate(s, config, now))
        return s;
    sessions_destroy(s);
    return NULL;
}

static void close_all(struct sessions *s)
{
    for (uint32_t i = 0; i < s->participants.pool.size; i++)
        if (s->participants.pool.taken && s->participants.pool.taken[i])
            session_participant_close(s, &s->participant[i]);
}

void sessions_destroy(struct sessions *s)
{
    if (!s)
        return;
    if (s->data)
        close_all(s);
    data_stack_destroy(s->data);
    srtp_engine_destroy(s->srtp);
    registry_free(&s->rooms);
    registry_free(&s->participants);
    registry_free(&s->transports);
    registry_free(&s->tracks);
    registry_free(&s->subscriptions);
    id_map_free(&s->ufrags);
    id_map_free(&s->remotes);
    timers_free(&s->timers);
    free(s->room);
    free(s->participant);
    free(s->transport);
    free(s->track);
    free(s->subscription);
    free(s->scratch);
    free(s);
}

void sessions_tick(struct sessions *s, usec_t now)
{
    s->now = now;
    uint32_t i;
    while (timers_expire(&s->timers, now, &i))
        session_transport_timeout(s, &s->transport[i]);
    if (data_deadline(s->data) <= now)
        data_timeout(s->data, now);
    data_drive_run(s);
    if (s->batch_deadline <= now)
        flush_batches(s);
    stun_run(s);
    silence_run(s);
    trim_run(s);
}

usec_t sessions_deadline(const struct sessions *s)
{
    const usec_t all[] = {timers_next(&s->timers),        data_deadline(s->data), s->batch_deadline,
                          stun_client_deadline(&s->stun), s->silence.look_at,     s->trim_at};
    usec_t at = USEC_NEVER;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        at = all[i] < at ? all[i] : at;
    return at;
}

void sessions_control(struct sessions *s, bool connected, usec_t now)
{
    s->now = now;
    if (!s->config.stats)
        return;
    atomic_store_explicit(&s->config.stats->header->control, connected, memory_order_relaxed);
    event_plain(s, connected ? "control_connected" : "control_lost", "");
}

struct sessions_usage sessions_usage(const struct sessions *s, enum sessions_pool pool)
{
    const struct registry *const all[POOL_COUNT] = {&s->participants, &s->transports, &s->tracks,
                                                    &s->subscriptions};
    const struct handle_pool *p = &all[pool]->pool;
    return (struct sessions_usage){.size = p->size, .used = p->used, .high_water = p->high_water};
}

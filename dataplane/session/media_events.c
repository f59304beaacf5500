/* SPDX-License-Identifier: Apache-2.0 */
/* From the workers' events to control's: handles become ids, levels and reports go in batches. */
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

/* How long a level or report waits for others. */
#define BATCH_DELAY (20 * USEC_PER_MS)

static void tell(struct sessions *s, Sluice__Link__Event *e)
{
    s->out.event(s->out.context, e);
}

static void layer_seen(struct sessions *s, const struct track *t, const struct media_layer_seen *m)
{
    Sluice__Link__LayerSeen seen = SLUICE__LINK__LAYER_SEEN__INIT;
    seen.track = t->state->id;
    seen.layer = m->layer;
    seen.ssrc = m->ssrc;
    seen.rtx_ssrc = m->rtx_ssrc;
    seen.rid = (char *)m->rid;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_LAYER_SEEN;
    e.layer_seen = &seen;
    tell(s, &e);
}

static void started(struct sessions *s, const struct subscription *sub)
{
    Sluice__Link__SubscriptionStarted m = SLUICE__LINK__SUBSCRIPTION_STARTED__INIT;
    m.subscription = sub->state->id;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SUBSCRIPTION_STARTED;
    e.subscription_started = &m;
    tell(s, &e);
    event_subscription(s, "subscription_started", sub);
}

void session_subscription_tell_paused(struct sessions *s, const struct subscription *sub)
{
    Sluice__Link__SubscriptionPaused m = SLUICE__LINK__SUBSCRIPTION_PAUSED__INIT;
    m.subscription = sub->state->id;
    m.paused = sub->paused;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SUBSCRIPTION_PAUSED;
    e.subscription_paused = &m;
    tell(s, &e);
}

static void flush_levels(struct sessions *s)
{
    Sluice__Link__AudioLevel *pointers[AUDIO_LEVELS_MAX];
    for (size_t i = 0; i < s->n_levels; i++)
        pointers[i] = &s->levels[i];
    Sluice__Link__AudioLevels m = SLUICE__LINK__AUDIO_LEVELS__INIT;
    m.n_levels = s->n_levels;
    m.levels = pointers;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_AUDIO_LEVELS;
    e.audio_levels = &m;
    if (s->n_levels > 0)
        tell(s, &e);
    s->n_levels = 0;
}

static void flush_reports(struct sessions *s)
{
    Sluice__Link__Report *pointers[REPORTS_MAX];
    for (size_t i = 0; i < s->n_reports; i++)
        pointers[i] = &s->reports[i];
    Sluice__Link__Reports m = SLUICE__LINK__REPORTS__INIT;
    m.n_reports = s->n_reports;
    m.reports = pointers;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_REPORTS;
    e.reports = &m;
    if (s->n_reports > 0)
        tell(s, &e);
    s->n_reports = 0;
}

void flush_batches(struct sessions *s)
{
    flush_levels(s);
    flush_reports(s);
    s->batch_deadline = USEC_NEVER;
}

static void start_batch(struct sessions *s)
{
    if (s->batch_deadline == USEC_NEVER)
        s->batch_deadline = s->now + BATCH_DELAY;
}

static void add_level(struct sessions *s, const struct track *t, const struct media_audio_level *m)
{
    if (s->n_levels == AUDIO_LEVELS_MAX)
        flush_levels(s);
    Sluice__Link__AudioLevel *l = &s->levels[s->n_levels++];
    *l = (Sluice__Link__AudioLevel)SLUICE__LINK__AUDIO_LEVEL__INIT;
    l->track = t->state->id;
    l->loudest = m->loudest;
    l->active_ms = m->active_ms;
    start_batch(s);
}

static void add_report(struct sessions *s, uint64_t track, uint64_t subscription,
                       const struct media_report *m)
{
    if (s->n_reports == REPORTS_MAX)
        flush_reports(s);
    Sluice__Link__Report *r = &s->reports[s->n_reports++];
    *r = (Sluice__Link__Report)SLUICE__LINK__REPORT__INIT;
    r->track = track;
    r->subscription = subscription;
    r->packets = m->packets;
    r->lost = m->lost;
    r->bytes = m->bytes;
    r->rtt_us = m->rtt_us;
    r->jitter_us = m->jitter_us;
    r->layer = m->layer;
    start_batch(s);
}

static void subscription_event(struct sessions *s, struct subscription *sub,
                               const struct media_event *e)
{
    switch (e->type) {
    case MEDIA_DOWNTRACK_STARTED:
        started(s, sub);
        break;
    case MEDIA_DOWNTRACK_PAUSED:
        sub->paused = e->paused;
        session_subscription_tell_paused(s, sub);
        break;
    default:
        add_report(s, 0, sub->state->id, &e->report);
        break;
    }
}

static bool of_downtrack(const struct media_event *e)
{
    return e->type == MEDIA_DOWNTRACK_STARTED || e->type == MEDIA_DOWNTRACK_PAUSED ||
           (e->type == MEDIA_REPORT && e->downtrack);
}

static void track_event(struct sessions *s, struct track *t, const struct media_event *e)
{
    switch (e->type) {
    case MEDIA_LAYER_SEEN:
        layer_seen(s, t, &e->layer_seen);
        break;
    case MEDIA_AUDIO_LEVEL:
        add_level(s, t, &e->audio_level);
        break;
    case MEDIA_WANTED_LAYER:
        if (e->worker >= s->config.workers)
            break;
        t->wanted[e->worker] = e->wanted;
        session_track_tell_wanted(s, t);
        break;
    default:
        add_report(s, t->state->id, 0, &e->report);
        break;
    }
}

void sessions_media_event(struct sessions *s, const struct media_event *e, usec_t now)
{
    s->now = now;
    if (of_downtrack(e)) {
        struct subscription *sub = session_subscription_of(s, e->handle);
        if (sub)
            subscription_event(s, sub, e);
        return;
    }
    struct track *t = session_track_of(s, e->handle);
    if (t)
        track_event(s, t, e);
}

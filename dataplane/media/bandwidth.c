/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much goes to a session, and of what: its feedback to the controller (dataplane/cc/), the
 * controller's choice to the downtracks, and probes. Nothing of this is done per packet but
 * bandwidth_sent().
 */
#include "dataplane/media/engine.h"

#include <math.h>

#define PROBES_PER_RUN 64
#define PROBE_RECENT   5 /* packets that are sent again in turn */

/* Of layers that flow but have not been measured yet. */
static const double nominal[CC_SPATIAL] = {150e3, 500e3, 1500e3};

static bool takes_part(const struct downtrack *d)
{
    return d->video && !d->config.disabled && !d->config.track_muted;
}

/* ---- what there is ---- */

static double layer_rate(const struct downtrack *d, uint8_t spatial, uint8_t temporal)
{
    const struct feed *f = d->feed;
    double bps = layer_rates_of(&f->rates, d->svc, spatial, temporal);
    bool flows = f->tracker.flows[d->svc ? 0 : spatial];
    double base = layer_rates_of(&f->rates, d->svc, spatial, CC_TEMPORAL - 1);
    if (!flows)
        return 0;
    if (d->svc && spatial > 0 &&
        base <= layer_rates_of(&f->rates, true, (uint8_t)(spatial - 1), CC_TEMPORAL - 1))
        return 0;
    return base > 0 ? bps : nominal[spatial];
}

static void describe_track(const struct downtrack *d, struct cc_track *t)
{
    double before = 0;
    *t = (struct cc_track){
        .max_spatial = d->config.max_spatial,
        .max_temporal = d->config.max_temporal,
        .screen_share = d->config.screen_share,
        .choice = d->limited ? d->limit
                             : (struct cc_choice){.spatial = d->config.max_spatial,
                                                  .temporal = d->config.max_temporal},
    };
    for (uint8_t s = 0; s < CC_SPATIAL; s++) {
        for (uint8_t q = 0; q < CC_TEMPORAL; q++) {
            double bps = layer_rate(d, s, q);
            if (bps > 0 && bps <= before) /* a higher one is better, even if it costs no more */
                bps = q > 0 ? t->rates[s][q - 1] : before + 1;
            t->rates[s][q] = bps;
            before = bps > before ? bps : before;
        }
    }
}

static double audio_rate(const struct session *s)
{
    double bps = 0;
    const struct downtrack *d;
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        if (!d->video && d->live)
            bps += layer_rates_of(&d->feed->rates, false, 0, 0);
    }
    return bps;
}

/* ---- what is chosen ---- */

static bool same(const struct downtrack *d, bool limited, const struct cc_choice *c)
{
    if (!limited)
        return !d->limited;
    return d->limited && d->limit.paused == c->paused && d->limit.spatial == c->spatial &&
           d->limit.temporal == c->temporal;
}

static void lift(struct media *m, struct session *s)
{
    struct downtrack *d;
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        if (d->limited)
            downtrack_limit(m, d, false, NULL);
    }
}

static void allocate(struct media *m, struct session *s)
{
    struct downtrack *d, *of[CC_TRACKS_MAX];
    struct cc_track tracks[CC_TRACKS_MAX];
    struct controller *c = s->bandwidth;
    unsigned n = 0;
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        if (n == CC_TRACKS_MAX || !takes_part(d))
            continue;
        describe_track(d, &tracks[n]);
        of[n++] = d;
    }
    controller_allocate(c, tracks, n, audio_rate(s), m->now);
    bool limited = c->limited || c->cap > 0;
    for (unsigned i = 0; i < n; i++) {
        if (!same(of[i], limited, &tracks[i].choice))
            downtrack_limit(m, of[i], limited, &tracks[i].choice);
    }
    if (!limited) /* those that are muted, too */
        lift(m, s);
}

/* ---- probes ---- */

/* Whose RTX stream carries them: one with packets to send again, else any. */
static struct downtrack *carrier(struct session *s)
{
    struct downtrack *d, *any = NULL;
    LIST_FOREACH(d, &s->downtracks, session_link)
    {
        if (!d->numbered || !d->config.rtx_ssrc)
            continue;
        if (d->started && d->live)
            return d;
        any = d;
    }
    return any;
}

static bool send_probe(struct media *m, struct session *s)
{
    struct downtrack *d = carrier(s);
    uint16_t before = s->cc.next;
    if (!d || !s->send || !s->path.remote.family)
        return false;
    if (d->started && d->rtx_pt)
        retransmit_probe(m, d, before % PROBE_RECENT);
    if (s->cc.next == before)
        transmit_padding(m, d);
    if (s->cc.next == before)
        return false;
    count(m, COUNTER_TX_PROBES);
    return true;
}

static void probe(struct media *m, struct session *s)
{
    for (unsigned i = 0; i < PROBES_PER_RUN; i++) {
        if (controller_probe_due(s->bandwidth, &s->cc, m->now) == 0 || !send_probe(m, s))
            return;
    }
}

/* ---- the session's ---- */

static void start(struct media *m, struct session *s)
{
    s->bandwidth = &m->controllers[session_index(m, s)];
    controller_init(s->bandwidth, s->bandwidth_config.allow_pause);
    controller_cap(s->bandwidth, (double)s->bandwidth_config.cap);
}

void bandwidth_set(struct media *m, struct session *s, const struct media_bandwidth *config)
{
    s->bandwidth_config = *config;
    if (!config->estimated) {
        s->bandwidth = NULL;
        lift(m, s);
    } else if (s->bandwidth) {
        s->bandwidth->allow_pause = config->allow_pause;
        controller_cap(s->bandwidth, (double)config->cap);
        session_touch(m, s);
    }
}

void bandwidth_open(struct media *m, struct session *s, const struct downtrack *d)
{
    if (d->numbered && !s->cc.slots) {
        uint64_t bytes = s->cc.bytes;
        cc_history_init(&s->cc, m->cc_slots + (size_t)session_index(m, s) * CC_HISTORY_SIZE);
        s->cc.bytes = bytes;
    }
    if (s->bandwidth_config.estimated && !s->bandwidth)
        start(m, s);
}

void bandwidth_changed(struct media *m, struct session *s)
{
    if (!s->bandwidth || controller_budget(s->bandwidth) == INFINITY)
        return;
    s->bandwidth->stale = true;
    session_touch(m, s);
}

void bandwidth_feedback(struct media *m, struct session *s, const struct rtcp_packet *p)
{
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor cursor;
    if (s->bandwidth && s->cc.slots && rtcp_read_twcc(p, &t, &cursor))
        controller_feedback(s->bandwidth, &s->cc, &t, &cursor, m->now);
}

/* Who gives feedback gives no estimate of its own. */
void bandwidth_remb(struct media *m, struct session *s, uint64_t bps)
{
    if (s->bandwidth && !s->cc.slots)
        controller_remb(s->bandwidth, (double)bps, s->cc.bytes, m->now);
}

usec_t bandwidth_deadline(const struct session *s)
{
    return s->bandwidth ? controller_deadline(s->bandwidth) : USEC_NEVER;
}

void bandwidth_run(struct media *m, struct session *s)
{
    struct controller *c = s->bandwidth;
    probe(m, s);
    if (c->stale || c->check_at <= m->now)
        allocate(m, s);
}

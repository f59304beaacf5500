/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/quality.h"

#include "control/room/arena.h"
#include "control/room/dynacast.h"
#include "control/room/forward.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/source.h"
#include "control/room/subscription.h"

#include <math.h>

#define BEST           100.0
#define FLOOR          30.0
#define NOTHING        40.0 /* a window without packets */
#define RISING         0.4
#define FALLING        0.8
#define W_OPUS         8.0
#define W_RED          4.0
#define W_VIDEO        10.0
#define TRAFFIC_WINDOW (5 * USEC_PER_SEC)

#define EXCELLENT 80.0
#define GOOD      40.0
#define POOR      20.0

static double packet_score(bool video, bool red, uint32_t packets, uint32_t lost)
{
    if (packets == 0)
        return NOTHING;
    double percent = 100.0 * lost / ((double)packets + lost);
    double weight = video ? W_VIDEO : red ? W_RED : W_OPUS;
    return fmax(BEST - percent * weight, 0);
}

void quality_measure(struct quality_score *s, bool video, bool red, uint32_t packets, uint32_t lost)
{
    double now = packet_score(video, red, packets, lost);
    double old = s->measured ? s->score : BEST;
    double factor = now > old ? RISING : FALLING;
    s->score = fmax(old + (now - old) * factor, FLOOR);
    s->measured = true;
}

Livekit__ConnectionQuality quality_grade(double score)
{
    if (score > EXCELLENT)
        return LIVEKIT__CONNECTION_QUALITY__EXCELLENT;
    if (score > GOOD)
        return LIVEKIT__CONNECTION_QUALITY__GOOD;
    if (score > POOR)
        return LIVEKIT__CONNECTION_QUALITY__POOR;
    return LIVEKIT__CONNECTION_QUALITY__LOST;
}

double quality_mos(double s)
{
    return 1 + 0.035 * s + 7e-6 * s * (s - 60) * (100 - s);
}

static void of_source(struct source *src, const Sluice__Link__Report *r)
{
    const Livekit__TrackInfo *info = src->track->info;
    bool video = info->type == LIVEKIT__TRACK_TYPE__VIDEO;
    if (info->muted)
        return;
    if (video && src->told_quality == QUALITY_OFF && r->packets == 0) {
        src->score.measured = false; /* paused, as it was told to be */
        return;
    }
    quality_measure(&src->score, video, source_codec(src) == SDP_RED, r->packets, r->lost);
}

static void of_subscription(struct subscription *s, const Sluice__Link__Report *r)
{
    const Livekit__TrackInfo *info = s->track->info;
    if (info->muted || s->applied.disabled || !s->source)
        return;
    quality_measure(&s->score, info->type == LIVEKIT__TRACK_TYPE__VIDEO,
                    source_codec(s->source) == SDP_RED, r->packets, r->lost);
}

static void count_traffic(struct rooms *rs, usec_t now)
{
    struct traffic *t = &rs->traffic;
    usec_t passed = now - t->since;
    if (passed < TRAFFIC_WINDOW)
        return;
    t->per_second = t->bytes * USEC_PER_SEC / passed;
    t->bytes = 0;
    t->since = now;
}

uint64_t quality_bytes_per_second(const struct rooms *rs, usec_t now)
{
    /* without reports there is no media */
    return now - rs->traffic.since > 3 * TRAFFIC_WINDOW ? 0 : rs->traffic.per_second;
}

void quality_reports(struct rooms *rs, const Sluice__Link__Reports *m, usec_t now)
{
    count_traffic(rs, now);
    for (size_t i = 0; i < m->n_reports; i++) {
        const Sluice__Link__Report *r = m->reports[i];
        rs->traffic.bytes += r->bytes;
        struct source *source = r->track ? index_find(&rs->sources, r->track) : NULL;
        struct subscription *s =
            r->subscription ? index_find(&rs->subscriptions, r->subscription) : NULL;
        if (s)
            of_subscription(s, r);
        else if (source)
            of_source(source, r);
    }
}

static void worst(double *score, const struct quality_score *s)
{
    if (s->measured && s->score < *score)
        *score = s->score;
}

static double score_of(const struct participant *p)
{
    double score = BEST;
    for (const struct publication *own = p->publications; own; own = own->next) {
        const struct publication *t = publication_origin(own);
        for (uint32_t i = 0; i < t->source_count && !t->info->muted; i++)
            if (t->source[i].facts)
                worst(&score, &t->source[i].score);
    }
    for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
        if (s->state == SUBSCRIPTION_OPEN && !s->applied.disabled && !s->track->info->muted)
            worst(&score, &s->score);
    return score;
}

static void tell(struct participant *to)
{
    struct arena a = {0};
    Livekit__ConnectionQualityUpdate body = LIVEKIT__CONNECTION_QUALITY_UPDATE__INIT;
    body.updates = ARENA_ARRAY(&a, Livekit__ConnectionQualityInfo *, to->room->participant_count);
    for (struct participant *p = to->room->participants; p; p = p->next) {
        if (p->told_quality < 0 || (p != to && !subscription_to_participant(to, p)))
            continue;
        Livekit__ConnectionQualityInfo *m =
            ARENA_MESSAGE(&a, Livekit__ConnectionQualityInfo, livekit__connection_quality_info);
        m->participant_sid = p->sid;
        m->quality = (Livekit__ConnectionQuality)p->told_quality;
        m->score = (float)p->told_score;
        body.updates[body.n_updates++] = m;
    }
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY;
    m.connection_quality = &body;
    if (body.n_updates > 0)
        say(to, &m);
    arena_free(&a);
}

void quality_due(void *arg, usec_t now)
{
    struct room *r = arg;
    bool news = false;
    for (struct participant *p = r->participants; p; p = p->next) {
        if (p->state != LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE)
            continue;
        double score = score_of(p);
        int grade = (int)quality_grade(score);
        news |= grade != p->told_quality;
        p->told_quality = grade;
        p->told_score = quality_mos(score);
        if (r->rooms->quality)
            r->rooms->quality(r->rooms->quality_ctx, quality_grade(score), p->told_score);
    }
    if (news)
        for (struct participant *p = r->participants; p; p = p->next)
            tell(p);
    timer_start(&r->rooms->timers, &r->quality, room_tick(r, QUALITY_PERIOD, now));
}

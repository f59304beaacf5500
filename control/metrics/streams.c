/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics/streams.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void init_stream(struct stream_history *h)
{
    static const double loss[] = {0, 0.1, 0.3, 0.5, 0.7, 1, 5, 10, 40, 100};
    static const double jitter[] = {1e3, 1e4, 3e4, 5e4, 7e4, 1e5, 3e5, 6e5, 1e6};
    static const double rtt[] = {50, 100, 150, 200, 250, 500, 750, 1000, 5000, 10000};
    *h = (struct stream_history){
        .loss = {.bounds = loss, .count = COUNT(loss)},
        .jitter = {.bounds = jitter, .count = COUNT(jitter)},
        .rtt = {.bounds = rtt, .count = COUNT(rtt)},
    };
}

void streams_init(struct streams *s)
{
    static const double rating[] = {0, 1, 2};
    static const double score[] = {1, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.25, 4.5};
    for (int d = 0; d < STREAM_DIRECTIONS; d++)
        for (int source = 0; source < STREAM_SOURCES; source++)
            for (int video = 0; video < 2; video++)
                init_stream(&s->of[d][source][video]);
    s->rating = (struct metrics_histogram){.bounds = rating, .count = COUNT(rating)};
    s->score = (struct metrics_histogram){.bounds = score, .count = COUNT(score)};
}

static void observe(struct stream_history *h, const Sluice__Link__Report *r)
{
    uint64_t all = (uint64_t)r->packets + r->lost;
    h->seen = true;
    h->lost += r->lost;
    if (all > 0)
        metrics_observe(&h->loss, 100.0 * r->lost / (double)all);
    if (r->jitter_us > 0)
        metrics_observe(&h->jitter, r->jitter_us);
    if (r->rtt_us > 0)
        metrics_observe(&h->rtt, r->rtt_us / 1e3);
}

static void report(struct streams *s, const struct rooms *rs, const Sluice__Link__Report *r)
{
    const struct source *source = r->track ? index_find(&rs->sources, r->track) : NULL;
    const struct subscription *sub =
        r->subscription ? index_find(&rs->subscriptions, r->subscription) : NULL;
    const struct publication *t = sub ? sub->track : source ? source->track : NULL;
    if (!t)
        return;
    unsigned kind = t->info->source < STREAM_SOURCES ? (unsigned)t->info->source : 0;
    observe(&s->of[sub ? STREAM_OUTGOING : STREAM_INCOMING][kind]
                  [t->info->type == LIVEKIT__TRACK_TYPE__VIDEO],
            r);
}

void streams_reports(struct streams *s, const struct rooms *rs, const Sluice__Link__Reports *m)
{
    for (size_t i = 0; i < m->n_reports; i++)
        report(s, rs, m->reports[i]);
}

void streams_quality(struct streams *s, int rating, double score)
{
    metrics_observe(&s->rating, rating);
    metrics_observe(&s->score, score);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Loss, jitter, round trips and connection quality. */
#include "control/metrics/collect.h"

static const char *const directions[] = {"incoming", "outgoing"};
static const char *const types[] = {"AUDIO", "VIDEO"};

static const char *source_name(int source)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&livekit__track_source__descriptor, source);
    return v ? v->name : "UNKNOWN";
}

typedef void put_sample(struct metrics_text *t, const struct metrics_label *labels,
                        const struct stream_history *h);

static void each(const struct streams *s, struct metrics_text *t, put_sample *put)
{
    for (int d = 0; d < STREAM_DIRECTIONS; d++)
        for (int source = 0; source < STREAM_SOURCES; source++)
            for (int video = 0; video < 2; video++)
                if (s->of[d][source][video].seen)
                    put(t,
                        METRICS_LABELS({"direction", directions[d]},
                                       {"source", source_name(source)}, {"type", types[video]}),
                        &s->of[d][source][video]);
}

static void put_lost(struct metrics_text *t, const struct metrics_label *labels,
                     const struct stream_history *h)
{
    metrics_count(t, labels, h->lost);
}

static void put_loss(struct metrics_text *t, const struct metrics_label *labels,
                     const struct stream_history *h)
{
    metrics_buckets(t, labels, &h->loss);
}

static void put_jitter(struct metrics_text *t, const struct metrics_label *labels,
                       const struct stream_history *h)
{
    metrics_buckets(t, labels, &h->jitter);
}

static void put_rtt(struct metrics_text *t, const struct metrics_label *labels,
                    const struct stream_history *h)
{
    metrics_buckets(t, labels, &h->rtt);
}

void collect_streams(const struct metrics_sources *s, struct metrics_text *t)
{
    const struct streams *x = &s->history->streams;
    metrics_family(t, "livekit_packet_loss_total", "counter", "RTP packets that were lost");
    each(x, t, put_lost);
    metrics_family(t, "livekit_packet_loss_percent", "histogram",
                   "Part of a track's packets that was lost, per 5 s");
    each(x, t, put_loss);
    metrics_family(t, "livekit_jitter_us", "histogram", "Interarrival jitter of tracks, per 5 s");
    each(x, t, put_jitter);
    metrics_family(t, "livekit_rtt_ms", "histogram", "Round trips, per track and 5 s");
    each(x, t, put_rtt);
    metrics_family(t, "livekit_quality_rating", "histogram",
                   "Connection quality: poor, good, excellent, lost");
    metrics_buckets(t, NULL, &x->rating);
    metrics_family(t, "livekit_quality_score", "histogram", "Connection quality from 1 to 5");
    metrics_buckets(t, NULL, &x->score);
}

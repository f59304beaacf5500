/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sending half of a participant: an Opus stream and the layers of a VP8 simulcast, as packet
 * models make them, with their reports; key frames on request.
 */
#ifndef SLUICE_BENCH_PUBLISHER_H
#define SLUICE_BENCH_PUBLISHER_H

#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/model.h"
#include "bench/sluice-bench/offer.h"
#include "bench/sluice-bench/settings.h"
#include "bench/sluice-bench/transport.h"

#define PUBLISHER_STREAMS (1 + SETTINGS_LAYERS)

struct publisher_stream {
    bool video;
    bool enabled;  /* somebody wants this layer */
    bool announce; /* mid and rid go with each packet until the server has reported */
    uint8_t layer, pt;
    char mid[8];
    uint32_t ssrc, ts_base, clock, roc;
    uint16_t seq, picture_id;
    union {
        struct audio_model audio;
        struct video_model frames;
    };
    usec_t interval, next, last_key;
    uint64_t packets, octets;
};

struct publisher {
    unsigned count;
    struct publisher_stream streams[PUBLISHER_STREAMS];
    usec_t started, next_report;
    uint16_t transport_seq;
    bool running;
};

/* The streams of what `o` publishes. */
void publisher_init(struct publisher *p, const struct settings *s, const struct offer *o);

/* Begins to send: the transport is up and the tracks are negotiated. */
void publisher_start(struct publisher *p, usec_t now);

/* A bit per layer that is wanted; layers that were not begin with a key frame. */
void publisher_layers(struct publisher *p, unsigned wanted);

/* A decrypted compound from the server, known to be well-formed. */
void publisher_rtcp(struct publisher *p, const uint8_t *data, size_t len, usec_t now,
                    struct counters *c);

usec_t publisher_deadline(const struct publisher *p);

/* Sends what is due, as far as `out` has room; `wall` is the Unix time in ns, for the stamps. */
void publisher_run(struct publisher *p, struct transport *t, usec_t now, uint64_t wall,
                   struct outbox *out, struct counters *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit's signalling: the join request in the URL, requests out, responses in.
 */
#ifndef SLUICE_BENCH_LIVEKIT_H
#define SLUICE_BENCH_LIVEKIT_H

#include "bench/sluice-bench/settings.h"
#include "bench/sluice-bench/signal.h"
#include "common/proto/livekit/rtc.pb-c.h"

typedef void livekit_response_fn(void *user, const Livekit__SignalResponse *m);

struct livekit_join {
    const char *room, *identity;
    bool subscribes, publishes;
    const char *offer; /* id 1 */
};

/* NULL if memory is out or the key is unusable. */
struct signal *livekit_open(const struct settings *s, const struct livekit_join *join,
                            livekit_response_fn *response, void *user);

void livekit_send(struct signal *g, const Livekit__SignalRequest *m);
void livekit_send_offer(struct signal *g, char *sdp, unsigned id);

#endif

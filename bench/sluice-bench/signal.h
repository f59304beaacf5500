/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signalling of one participant: the join request in the URL, requests out, responses in, and
 * the pings that keep it alive.
 */
#ifndef SLUICE_BENCH_SIGNAL_H
#define SLUICE_BENCH_SIGNAL_H

#include "bench/sluice-bench/settings.h"
#include "common/clock.h"
#include "common/proto/livekit/rtc.pb-c.h"

struct signal;

typedef void signal_response_fn(void *user, const Livekit__SignalResponse *m);

struct signal_join {
    const char *room, *identity;
    bool subscribes, publishes;
    const char *offer; /* id 1 */
};

/* NULL if memory is out or the key is unusable. */
struct signal *signal_create(const struct settings *s, const struct signal_join *join,
                             signal_response_fn *response, void *user);
void signal_destroy(struct signal *g);

/* Bytes of the connection. False once it is of no more use: signal_error() says why. */
bool signal_input(struct signal *g, const uint8_t *data, size_t len, usec_t now);
const uint8_t *signal_output(struct signal *g, size_t *len);
void signal_written(struct signal *g, size_t n);
const char *signal_error(const struct signal *g);

void signal_send(struct signal *g, const Livekit__SignalRequest *m);
void signal_send_offer(struct signal *g, char *sdp, unsigned id);

/* Says goodbye and closes. */
void signal_leave(struct signal *g);

/* Pings; the first deadline is known from the first input on. */
usec_t signal_deadline(const struct signal *g);
void signal_run(struct signal *g, usec_t now);

#endif

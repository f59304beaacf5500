/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One subscriber of many simulcast cameras behind a bottleneck, in virtual time: the controller
 * decides, whole frames of the chosen layers are sent at once as they would come from publishers,
 * sound goes along without feedback.
 */
#ifndef SLUICE_TESTS_SIM_CC_SUBSCRIBER_H
#define SLUICE_TESTS_SIM_CC_SUBSCRIBER_H

#include "dataplane/cc/controller.h"
#include "tests/sim/cc_network.h"

#define SUBSCRIBER_TRACKS 32

struct camera_track {
    struct cc_choice choice;
    unsigned switches; /* of spatial layers, pauses included */
    usec_t next_frame;
    uint8_t max_spatial;
    bool screen_share;
    uint64_t frames; /* sent */
};

struct subscriber {
    usec_t now;
    uint32_t chance;
    struct network_link forward, back;
    struct controller controller;
    struct cc_history history;
    struct cc_sent slots[CC_HISTORY_SIZE];
    struct twcc_recorder recorder;
    unsigned n;
    struct camera_track tracks[SUBSCRIBER_TRACKS];
    bool stalls; /* the receiver is busy for 150 ms of every second */
    bool remb;   /* it gives no feedback but estimates by itself */
    double remb_bps;
    usec_t next_remb, next_audio;
    uint64_t audio_sent, audio_lost, sent, lost, probes;
    uint64_t arrived, remb_arrived; /* bytes */
};

extern const double camera_rates[CC_SPATIAL]; /* bit/s on the wire */

struct subscriber *subscriber_open(const struct link_step *steps, unsigned n_steps, usec_t delay,
                                   usec_t queue_max, unsigned tracks, bool allow_pause);
void subscriber_close(struct subscriber *s);
void subscriber_run(struct subscriber *s, usec_t until);
/* How many tracks are sent in that layer now; paused ones count for none. */
unsigned subscriber_in_layer(const struct subscriber *s, unsigned spatial);
unsigned subscriber_paused(const struct subscriber *s);
/* The most switches of any track since the last call. */
unsigned subscriber_switches(struct subscriber *s);

#endif

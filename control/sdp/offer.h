/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's offers on the subscriber's PeerConnection (dual mode), and what the client's answer
 * makes of them. The first section is the data section, with mid "0"; sections of tracks follow,
 * section i of the table below with mid i + 1. Sections stay for ever; one whose track went is used
 * again for the next track of its kind.
 */
#ifndef SLUICE_CONTROL_SDP_OFFER_H
#define SLUICE_CONTROL_SDP_OFFER_H

#include "control/sdp/answer.h"
#include "control/sdp/remote.h"

#define SDP_OFFER_TRACKS_MAX (SDP_SECTIONS_MAX - 1)

struct sdp_offer_section {
    enum sdp_kind kind; /* SDP_AUDIO or SDP_VIDEO */
    bool active;        /* has a track; otherwise recvonly without msid */
    uint64_t owner;     /* the caller's, not zero */
    uint64_t offered;   /* the owner in the last offer, 0: none */
    struct sdp_sending sending;
};

/* The table of one PeerConnection; zero at first. About 44 KiB. */
struct sdp_offer_table {
    uint32_t count;
    uint32_t offered_count; /* of sections in the last offer */
    struct sdp_offer_section sections[SDP_OFFER_TRACKS_MAX];
};

/* Gives the track the lowest free section of its kind, or a new one. Returns its index, or -1 if
 * the table is full. An owner that has a section already keeps it, with the new data. */
int sdp_offer_attach(struct sdp_offer_table *t, enum sdp_kind kind, uint64_t owner,
                     const struct sdp_sending *sending);

/* The owner's section is free. False if it has none. */
bool sdp_offer_detach(struct sdp_offer_table *t, uint64_t owner);

/* -1 if it has none. The mid of section i is i + 1. */
int sdp_offer_find(const struct sdp_offer_table *t, uint64_t owner);

/* Writes the offer and remembers what was offered. False if w overflows. */
bool sdp_offer(struct sdp_offer_table *t, const struct sdp_local *local,
               const struct sdp_policy *policy, struct sdp_writer *w);

/* The mid_to_track_id map of such an offer: calls `each` once per track. */
void sdp_offer_tracks(const struct sdp_offer_table *t,
                      void (*each)(void *arg, const char *mid, const char *sid), void *arg);

/* Takes the client's answer to the last offer: facts[i] (t->count members) is what section i agreed
 * on, `rejected` if the client said so or knows none of the codecs, of direction SDP_SENDONLY if
 * its track may be sent. Tracks that were attached since the offer may not: they need another one.
 * False with *e if it does not answer that offer. */
bool sdp_offer_apply(const struct sdp_offer_table *t, const struct sdp_policy *policy,
                     const struct sdp_description *answer, struct sdp_negotiated *facts,
                     struct sdp_remote *remote, struct sdp_error *e);

#endif

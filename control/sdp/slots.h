/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sections of a single PeerConnection carry which track to the client. Only the client can
 * make sections: tracks that find none wait, and the client is told how many are missing
 * (media_sections_requirement).
 *
 * Owners are the caller's non-zero numbers, one per track that is to be sent.
 */
#ifndef SLUICE_CONTROL_SDP_SLOTS_H
#define SLUICE_CONTROL_SDP_SLOTS_H

#include "control/sdp/answer.h"

#define SDP_WAITING_MAX SDP_SECTIONS_MAX

struct sdp_slot {
    char mid[SDP_MID_MAX];
    enum sdp_kind kind; /* SDP_OTHER: not for sending */
    bool used;          /* had a track once: inactive when free, else sendonly */
    uint64_t owner;     /* 0: free */
};

struct sdp_waiting {
    uint64_t owner;
    enum sdp_kind kind;
};

/* Zero at first. About 12 KiB. */
struct sdp_slots {
    uint32_t slot_count, waiting_count;
    uint32_t asked_audios, asked_videos;    /* of those waiting, already asked for */
    bool no_reuse;                          /* Safari: a section serves one track only */
    struct sdp_slot slot[SDP_SECTIONS_MAX]; /* by m-line */
    struct sdp_waiting waiting[SDP_WAITING_MAX];
};

/* Takes the sections of a client's offer: new ones are added (and what was asked for is less by
 * them), tracks that wait get free ones, tracks whose section can no longer send wait again. */
void sdp_slots_update(struct sdp_slots *t, const struct sdp_description *offer);

/* Gives the owner the first free section of the kind. Returns its m-line, or -1 if it has to wait;
 * -2 if too many wait. An owner that has a section or waits keeps that. */
int sdp_slots_take(struct sdp_slots *t, enum sdp_kind kind, uint64_t owner);

/* The owner's track went; also out of the queue. False if it was not there. */
bool sdp_slots_release(struct sdp_slots *t, uint64_t owner);

/* The owner's m-line, -1 if it waits or is unknown. */
int sdp_slots_find(const struct sdp_slots *t, uint64_t owner);

/* How many sections more the client must add beyond what was asked for; they count as asked for
 * from now on. False if none. Call after each answer. */
bool sdp_slots_require(struct sdp_slots *t, uint32_t *audios, uint32_t *videos);

/* What was asked for may not have reached the client (its signal connection was cut): ask again. */
void sdp_slots_forget_asked(struct sdp_slots *t);

/* The role of m-line i in the next answer for sections that the client does not send in:
 * SDP_ROLE_SEND, SDP_ROLE_IDLE or SDP_ROLE_ENDED. */
enum sdp_role sdp_slots_role(const struct sdp_slots *t, uint32_t mline);

#endif

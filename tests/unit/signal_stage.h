/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stage for tests of signalling: real rooms and sessions in virtual time, a dataplane that only
 * writes down its commands, and clients that only write down what they are told.
 */
#ifndef SLUICE_TESTS_UNIT_SIGNAL_STAGE_H
#define SLUICE_TESTS_UNIT_SIGNAL_STAGE_H

#include "control/room/events.h"
#include "control/signal/signalling.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tests/unit/sdp_vectors.h"

#define STAGE_LOG_MAX 4096

struct stage {
    struct signalling *g;
    struct rooms *rooms;
    struct rooms_config config;
    usec_t now;
    size_t command_count;
    Sluice__Link__Command *commands[STAGE_LOG_MAX];
    size_t event_count;
    enum room_event events[256];
    Livekit__DisconnectReason reasons[256];
};

struct actor {
    struct stage *stage;
    const char *identity;
    struct claims claims;
    struct join_params params;
    Livekit__JoinRequest request;
    Livekit__SessionDescription offer;
    struct signal_session *session;
    bool closed;
    char text[4096];    /* the last message in JSON */
    size_t count, read; /* messages, and how many have been looked at */
    Livekit__SignalResponse *said[STAGE_LOG_MAX];
};

/* The link is up, with two workers. */
void stage_open(struct stage *s);
void stage_close(struct stage *s);

/* Lets virtual time pass. */
void stage_pass(struct stage *s, usec_t duration);

/* Something that the dataplane says; packed and unpacked on the way. */
void stage_event(struct stage *s, const Sluice__Link__Event *e);
void stage_welcome(struct stage *s, uint64_t instance);
void stage_dump_end(struct stage *s);

/* Tells s what the dataplane of `first` would list: the last statement of every object that was
 * opened there, and the end of the dump. */
void stage_dump(struct stage *s, const struct stage *first);

/* The last command of that kind, or NULL; how many there were. */
Sluice__Link__Command *stage_last(const struct stage *s, Sluice__Link__Command__BodyCase kind);
size_t stage_count(const struct stage *s, Sluice__Link__Command__BodyCase kind);

/* A client with the default grants of a token, room "room", livekit-client 2.23. */
void actor_open(struct actor *a, struct stage *s, const char *identity);
void actor_close(struct actor *a);

/* Joins with one PeerConnection; `offer` goes along (NULL: none). */
void actor_join(struct actor *a, const char *offer);
void actor_join_dual(struct actor *a);
void actor_resume(struct actor *a);

/* The participant that the actor is. */
struct participant *actor_participant(const struct actor *a);

void actor_send(struct actor *a, const Livekit__SignalRequest *m);
void actor_offer(struct actor *a, const char *sdp, uint32_t id);
void actor_answer(struct actor *a, const char *sdp, uint32_t id);
void actor_add_track(struct actor *a, const char *cid, Livekit__TrackType type,
                     Livekit__TrackSource source);
void actor_mute(struct actor *a, const char *sid, bool muted);
void actor_subscribe(struct actor *a, const char *sid, bool subscribe);
void actor_leave(struct actor *a);

/* The WebSocket goes without a word. */
void actor_cut(struct actor *a);

/* The dataplane reports the state of the actor's transports. FAILED: an ICE restart may help, which
 * it says by itself; actor_dtls_failed(): it cannot. */
void actor_transport(struct actor *a, Sluice__Link__Connection state);
void actor_dtls_failed(struct actor *a);

/* The names of what was said since the last look, space-separated: "join answer trickle". Repeated
 * names are folded into one. Good until the next call. */
const char *actor_heard(struct actor *a);

/* The last message of that kind; fails if there is none. */
Livekit__SignalResponse *actor_last(const struct actor *a,
                                    Livekit__SignalResponse__MessageCase kind);

/* mid_to_track_id of a description, NULL if it has no such mid. */
const char *mapped(const Livekit__SessionDescription *d, const char *mid);

/* Chromium's sections: three to receive audio, three for video, data. */
#define RECEIVING                                                                                  \
    AUDIO(ICE, "0", RECVONLY)                                                                      \
    AUDIO(ICE, "1", RECVONLY)                                                                      \
    AUDIO(ICE, "2", RECVONLY)                                                                      \
    VIDEO(ICE, "3", RECVONLY)                                                                      \
    VIDEO(ICE, "4", RECVONLY) VIDEO(ICE, "5", RECVONLY) DATA(ICE, "6", "actpass")
#define OFFER_JOIN SESSION("0 1 2 3 4 5 6") RECEIVING
#define OFFER_MIC  SESSION("0 1 2 3 4 5 6 7") RECEIVING AUDIO(ICE, "7", MIC)
#define OFFER_MIC_CAM                                                                              \
    SESSION("0 1 2 3 4 5 6 7 8") RECEIVING AUDIO(ICE, "7", MIC) VIDEO(ICE, "8", CAMERA SIMULCAST)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short messages to one client. Nothing is said to a participant without signalling or after it
 * left.
 */
#ifndef SLUICE_CONTROL_ROOM_SAY_H
#define SLUICE_CONTROL_ROOM_SAY_H

#include "control/room/state.h"

void say(struct participant *p, const Livekit__SignalResponse *m);

void say_leave(struct participant *p, Livekit__DisconnectReason reason,
               Livekit__LeaveRequest__Action action);
void say_track_published(struct participant *p, const struct publication *t, const char *cid);
void say_track_unpublished(struct participant *p, const char *track_sid);
void say_track_subscribed(struct participant *p, const char *track_sid);
void say_mute(struct participant *p, const char *track_sid, bool muted);
void say_permission(struct participant *p, const struct publication *t, bool allowed);
/* The track is paused for want of bandwidth, or flows again. */
void say_stream_state(struct participant *p, const struct publication *t, bool paused);
void say_subscription_error(struct participant *p, const char *track_sid,
                            Livekit__SubscriptionError e);
void say_sections_required(struct participant *p, uint32_t audios, uint32_t videos);
void say_refresh_token(struct participant *p, const char *token);

/* Answers a request; r->request_case and the request itself are filled by the caller. Old clients
 * that do not know the message get nothing. */
void say_request_response(struct participant *p, Livekit__RequestResponse *r,
                          Livekit__RequestResponse__Reason reason, const char *text);

#endif

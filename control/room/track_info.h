/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TrackInfo: made of what a client announces, completed by what its description says.
 */
#ifndef SLUICE_CONTROL_ROOM_TRACK_INFO_H
#define SLUICE_CONTROL_ROOM_TRACK_INFO_H

#include "control/room/state.h"

/* A TrackInfo of its own memory with a new sid. */
Livekit__TrackInfo *track_info_new(const struct rooms *rs, const Livekit__AddTrackRequest *req);

/* Takes mime type, mid and layers from the negotiated section. `track_id` is the section's; it is
 * noted where it differs from the announced one. */
void track_info_negotiated(Livekit__TrackInfo *info, const struct sdp_negotiated *facts,
                           const char *track_id);

/* A layer has its SSRCs. False if nothing new. */
bool track_info_layer(Livekit__TrackInfo *info, uint32_t layer, const char *rid, uint32_t ssrc,
                      uint32_t rtx_ssrc);

/* Replaces the features of an audio track. */
void track_info_features(Livekit__TrackInfo *info, const Livekit__AudioTrackFeature *list,
                         size_t count);
bool track_has_feature(const Livekit__TrackInfo *info, Livekit__AudioTrackFeature f);

/* The codec that was announced or negotiated; SDP_CODEC_UNKNOWN for an audio track before its
 * description. */
enum sdp_codec track_codec(const Livekit__TrackInfo *info);

/* Several spatial layers in one stream. */
bool track_is_svc(const Livekit__TrackInfo *info);

/* The highest spatial layer (0..2) that these settings ask for. */
uint32_t track_wanted_layer(const Livekit__TrackInfo *info, const struct track_settings *s);

/* The quality of a spatial layer. */
Livekit__VideoQuality track_layer_quality(const Livekit__TrackInfo *info, uint32_t layer);

#endif

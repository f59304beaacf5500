/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TrackInfo: made of what a client announces, completed by what its description says.
 */
#ifndef SLUICE_CONTROL_ROOM_TRACK_INFO_H
#define SLUICE_CONTROL_ROOM_TRACK_INFO_H

#include "control/room/state.h"

/* A TrackInfo of its own memory with a new sid. */
Livekit__TrackInfo *track_info_new(const struct rooms *rs, const Livekit__AddTrackRequest *req);

/* A backup codec is about to be published: takes cid and layers. False if the track was not
 * announced with that codec. */
bool track_info_add_backup(Livekit__TrackInfo *info, const Livekit__AddTrackRequest *req);

/* Takes mime type, mid and layers of codec number `codec` from the negotiated section. `track_id`
 * is the section's; it is noted where it differs from the announced one. */
void track_info_negotiated(Livekit__TrackInfo *info, uint32_t codec,
                           const struct sdp_negotiated *facts, const char *track_id);

/* A layer of codec number `codec` has its SSRCs. False if nothing new. */
bool track_info_layer(Livekit__TrackInfo *info, uint32_t codec, uint32_t layer, const char *rid,
                      uint32_t ssrc, uint32_t rtx_ssrc);

/* Replaces the features of an audio track. */
void track_info_features(Livekit__TrackInfo *info, const Livekit__AudioTrackFeature *list,
                         size_t count);
bool track_has_feature(const Livekit__TrackInfo *info, Livekit__AudioTrackFeature f);

/* The codec that was announced or negotiated; SDP_CODEC_UNKNOWN for an audio track before its
 * description. */
enum sdp_codec track_codec(const Livekit__TrackInfo *info);

/* The same of codec number `codec`; 0 is the primary one. */
enum sdp_codec track_codec_at(const Livekit__TrackInfo *info, uint32_t codec);

/* Several spatial layers in one stream. */
bool track_is_svc(const Livekit__TrackInfo *info, uint32_t codec);

/* The highest spatial layer (0..2) that these settings ask for. */
uint32_t track_wanted_layer(const Livekit__TrackInfo *info, uint32_t codec,
                            const struct track_settings *s);

/* The quality of a spatial layer. */
Livekit__VideoQuality track_layer_quality(const Livekit__TrackInfo *info, uint32_t codec,
                                          uint32_t layer);

#endif

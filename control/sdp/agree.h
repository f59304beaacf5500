/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an offered m-section and this server have in common, by the direction that media will take.
 * Shared by the answerer and by those who read an answer.
 */
#ifndef SLUICE_CONTROL_SDP_AGREE_H
#define SLUICE_CONTROL_SDP_AGREE_H

#include "control/sdp/answer.h"
#include "control/sdp/extensions.h"

/* A format that both know. */
struct sdp_match {
    struct sdp_format format;
    enum sdp_codec codec;
    uint8_t rtx_pt;
    uint8_t feedback; /* that stays */
};

/* Fills match (SDP_PAYLOADS_MAX) with the common formats of s in the order of preference.
 * `publish`: the peer sends, as the plan says; else we do. Returns their number. */
uint32_t sdp_agree_formats(const struct sdp_section *s, const struct sdp_policy *policy,
                           const struct sdp_plan *plan, struct sdp_match *match);

/* The header extensions that are answered, and those that the side which sends will use. */
sdp_extension_set sdp_agree_extensions(const struct sdp_section *s, const struct sdp_policy *policy,
                                       enum sdp_role role);
sdp_extension_set sdp_used_extensions(const struct sdp_policy *policy, enum sdp_role role,
                                      enum sdp_kind kind);

/* Fills the payloads, `nack` and extensions of n. */
void sdp_agree_facts(const struct sdp_section *s, const struct sdp_policy *policy,
                     const struct sdp_plan *plan, const struct sdp_match *match, uint32_t count,
                     struct sdp_negotiated *n);

#endif

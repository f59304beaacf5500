/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a client's offer, as its answer to an offer of ours, and as a trickled candidate.
 * What is answered to a description that was accepted must itself be one.
 */
#include "control/sdp/offer.h"
#include "control/sdp/slots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sdp_description description, reply;
static struct sdp_plan plans[SDP_SECTIONS_MAX];
static struct sdp_negotiated facts[SDP_SECTIONS_MAX];
static struct sdp_slots slots;
static struct sdp_offer_table table;
static char text[2 * SDP_SIZE_MAX];

static const struct sdp_local local = {.session_id = 1,
                                       .session_version = 1,
                                       .ufrag = "ufrag",
                                       .pwd = "0123456789012345678901",
                                       .max_message_size = 65535};

static void plan_sections(uint8_t choice)
{
    memset(&slots, 0, sizeof slots);
    for (uint64_t owner = 1; owner <= 3; owner++)
        sdp_slots_take(&slots, owner & 1 ? SDP_AUDIO : SDP_VIDEO, owner);
    sdp_slots_update(&slots, &description);
    for (uint32_t i = 0; i < description.section_count; i++) {
        struct sdp_plan *p = &plans[i];
        *p = (struct sdp_plan){.role = sdp_default_role(&description.sections[i])};
        if (p->role == SDP_ROLE_IDLE || p->role == SDP_ROLE_ENDED)
            p->role = sdp_slots_role(&slots, i);
        p->publishing.codec = (enum sdp_codec)(choice % SDP_CODEC_COUNT);
        p->publishing.red = choice & 1;
        p->sending = (struct sdp_sending){.stream_id = "PA|TR", .track_sid = "TR", .ssrc = 1};
        p->sending.rtx_ssrc = choice & 2 ? 2 : 0;
    }
}

static void check_answer(uint8_t choice)
{
    struct sdp_policy policy = {.enabled = SDP_CODECS_ALL,
                                .single = choice & 4,
                                .send_side_bwe = choice & 8,
                                .playout_delay = choice & 16,
                                .no_red_downstream = choice & 32,
                                .only_chosen_codec = choice & 64};
    struct sdp_writer w = sdp_writer_of(text, sizeof text);
    struct sdp_error e;
    plan_sections(choice);
    if (!sdp_answer(&description, &local, &policy, plans, &w, facts, &e) || w.len > SDP_SIZE_MAX)
        return;
    if (!sdp_parse(&reply, text, w.len, &e)) {
        fprintf(stderr, "own answer refused, line %u: %s\n%s", e.line, e.reason, text);
        abort();
    }
}

static void check_apply(uint8_t choice)
{
    struct sdp_policy policy = {.enabled = SDP_CODECS_ALL, .send_side_bwe = choice & 1};
    struct sdp_sending sending = {.stream_id = "PA|TR", .track_sid = "TR", .ssrc = 1};
    struct sdp_writer w = sdp_writer_of(text, sizeof text);
    struct sdp_remote remote;
    struct sdp_error e;
    memset(&table, 0, sizeof table);
    sdp_offer_attach(&table, choice & 2 ? SDP_AUDIO : SDP_VIDEO, 1, &sending);
    sdp_offer(&table, &local, &policy, &w);
    sdp_offer_apply(&table, &policy, &description, facts, &remote, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp_error e;
    struct sdp_remote remote;
    struct sdp_trickled_candidate candidate;
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    sdp_candidate_read(bytes, size - 1, &candidate);
    sdp_candidate_read_init(bytes, size - 1, &candidate);
    if (!sdp_parse(&description, bytes, size - 1, &e))
        return 0;
    sdp_remote_of(&description, &remote, &e);
    check_answer(data[0]);
    check_apply(data[0]);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of SDP share: one description, one answer, and how they are looked at.
 */
#ifndef SLUICE_TESTS_UNIT_SDP_SUPPORT_H
#define SLUICE_TESTS_UNIT_SDP_SUPPORT_H

#include "control/sdp/answer.h"
#include "control/sdp/remote.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

struct sdp_bench {
    struct sdp_description offer, reply;
    struct sdp_policy policy;
    struct sdp_local local;
    struct sdp_plan plans[SDP_SECTIONS_MAX];
    struct sdp_negotiated facts[SDP_SECTIONS_MAX];
    char text[SDP_SIZE_MAX];
    struct sdp_error error;
};

/* A bench with a policy that allows everything, in single mode. Freed by the caller. */
struct sdp_bench *sdp_bench_new(void);

/* Parses the offer and plans what is natural for each section; must succeed. */
void sdp_bench_offer(struct sdp_bench *b, const char *offer);

/* Plans to send a track there, with SSRC 1000 + section (RTX 2000 + section for video). */
void sdp_bench_send(struct sdp_bench *b, uint32_t section);

/* Answers; must succeed. The answer is in b->text, and parsed again into b->reply. */
void sdp_bench_answer(struct sdp_bench *b);

/* Lines of section i of b->text (0: session level is before it); in a buffer of its own. */
const char *sdp_bench_section(struct sdp_bench *b, uint32_t section);

/* The text of section i has the line (without end of line). */
bool sdp_bench_has(struct sdp_bench *b, uint32_t section, const char *line);

#endif

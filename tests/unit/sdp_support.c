/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sdp_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sdp_bench *sdp_bench_new(void)
{
    struct sdp_bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->policy = (struct sdp_policy){.enabled = SDP_CODECS_ALL, .single = true};
    b->local = (struct sdp_local){.session_id = 77,
                                  .session_version = 1000,
                                  .ufrag = "srvufrag",
                                  .pwd = "srvpwdsrvpwdsrvpwdsrvpwd",
                                  .max_message_size = 65535};
    memset(b->local.fingerprint, 0x5a, sizeof b->local.fingerprint);
    return b;
}

void sdp_bench_offer(struct sdp_bench *b, const char *offer)
{
    if (!sdp_parse(&b->offer, offer, strlen(offer), &b->error))
        fail_msg("line %u: %s", b->error.line, b->error.reason);
    for (uint32_t i = 0; i < b->offer.section_count; i++)
        b->plans[i] = (struct sdp_plan){.role = sdp_default_role(&b->offer.sections[i])};
}

void sdp_bench_send(struct sdp_bench *b, uint32_t section)
{
    struct sdp_plan *p = &b->plans[section];
    p->role = SDP_ROLE_SEND;
    snprintf(p->sending.stream_id, sizeof p->sending.stream_id, "PA_a|TR_%u", section);
    snprintf(p->sending.track_sid, sizeof p->sending.track_sid, "TR_%u", section);
    p->sending.ssrc = 1000 + section;
    p->sending.rtx_ssrc = b->offer.sections[section].kind == SDP_VIDEO ? 2000 + section : 0;
}

void sdp_bench_answer(struct sdp_bench *b)
{
    struct sdp_writer w = sdp_writer_of(b->text, sizeof b->text);
    b->local.session_version++;
    if (!sdp_answer(&b->offer, &b->local, &b->policy, b->plans, &w, b->facts, &b->error))
        fail_msg("%s", b->error.reason);
    assert_int_equal(w.len, strlen(b->text));
    if (!sdp_parse(&b->reply, b->text, w.len, &b->error))
        fail_msg("own answer, line %u: %s", b->error.line, b->error.reason);
    assert_int_equal(b->reply.section_count, b->offer.section_count);
}

const char *sdp_bench_section(struct sdp_bench *b, uint32_t section)
{
    static char copy[SDP_SIZE_MAX];
    const char *at = b->text;
    for (uint32_t i = 0; i <= section; i++) {
        at = strstr(at + 1, "\r\nm=");
        assert_non_null(at);
    }
    const char *end = strstr(at + 1, "\r\nm=");
    size_t n = end ? (size_t)(end - at) : strlen(at);
    memcpy(copy, at, n);
    snprintf(copy + n, 3, "\r\n");
    return copy;
}

bool sdp_bench_has(struct sdp_bench *b, uint32_t section, const char *line)
{
    char framed[512];
    snprintf(framed, sizeof framed, "\r\n%s\r\n", line);
    return strstr(sdp_bench_section(b, section), framed) != NULL;
}

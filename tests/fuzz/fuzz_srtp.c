/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unprotecting RTP and RTCP: the input's first byte chooses engine, profile and kind, its second
 * the header's length, the rest is the packet. Packets are also tried after a right tag was put on
 * them, as else hardly any would get past it.
 */
#include "common/bytes.h"
#include "dataplane/srtp/srtp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum srtp_profile profiles[] = {SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM,
                                             SRTP_AES128_CM_SHA1_80};
static struct srtp_engine *engines[2];
static struct srtp_key *keys[2][3];

static void setup(void)
{
    if (engines[0])
        return;
    engines[0] = srtp_engine_create(NULL);
    engines[1] = srtp_engine_create("evp");
    for (int e = 0; e < 2; e++)
        for (int p = 0; p < 3; p++) {
            struct srtp_master m = {.profile = profiles[p], .key = {1}, .salt = {2}};
            keys[e][p] = srtp_key_create(engines[e], &m);
        }
}

/* A copy of exactly the size, so that the sanitizer sees each byte too many. */
static uint8_t *exact_copy(const uint8_t *data, size_t size)
{
    uint8_t *p = malloc(size ? size : 1);
    if (size)
        memcpy(p, data, size);
    return p;
}

static void try_rtp(struct srtp_engine *e, const struct srtp_key *k, struct srtp_stream *s,
                    const uint8_t *data, size_t size, size_t header_len)
{
    uint8_t *in = exact_copy(data, size), *out = malloc(size ? size : 1);
    size_t len;
    uint64_t index;
    srtp_unprotect(e, k, s, in, size, header_len, out, &len, &index);
    if (srtp_unprotect(e, k, s, in, size, header_len, in, &len, &index) == SRTP_OK)
        abort(); /* a replay, or unchanged since it failed */
    free(in);
    free(out);
}

static void fuzz_rtp(struct srtp_engine *e, const struct srtp_key *k, const uint8_t *data,
                     size_t size, size_t header_len)
{
    static uint8_t buf[SRTP_PACKET_MAX];
    struct srtp_stream s = {0};
    size_t tag = srtp_tag_length(srtp_key_profile(k));
    try_rtp(e, k, &s, data, size, header_len);
    if (header_len < 12 || size < header_len || size + tag > SRTP_PACKET_MAX)
        return;
    memcpy(buf, data, size);
    struct srtp_job job = {.key = k,
                           .out = buf,
                           .payload = buf + header_len,
                           .header_len = (uint16_t)header_len,
                           .payload_len = (uint16_t)(size - header_len)};
    srtp_protect(e, &job, 1);
    try_rtp(e, k, &s, buf, size + tag, header_len);
}

static void try_rtcp(struct srtp_engine *e, const struct srtp_key *k, struct srtcp_stream *s,
                     const uint8_t *data, size_t size)
{
    uint8_t *buf = exact_copy(data, size);
    size_t len;
    srtcp_unprotect(e, k, s, buf, size, &len);
    free(buf);
}

static void fuzz_rtcp(struct srtp_engine *e, const struct srtp_key *k, const uint8_t *data,
                      size_t size)
{
    static uint8_t buf[SRTP_PACKET_MAX];
    struct srtcp_stream s = {0};
    try_rtcp(e, k, &s, data, size);
    if (size < 8 || size + SRTCP_EXPAND_MAX > SRTP_PACKET_MAX)
        return;
    memcpy(buf, data, size);
    size_t len = srtcp_protect(e, k, buf, size, be32_get(data));
    try_rtcp(e, k, &s, buf, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    setup();
    if (size < 2)
        return 0;
    int engine = data[0] & 1, profile = (data[0] >> 1) % 3;
    size_t header_len = data[1];
    if (data[0] & 0x80)
        fuzz_rtcp(engines[engine], keys[engine][profile], data + 2, size - 2);
    else
        fuzz_rtp(engines[engine], keys[engine][profile], data + 2, size - 2, header_len);
    return 0;
}

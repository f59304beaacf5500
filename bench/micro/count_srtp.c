/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRTP by engine and profile: protecting one plaintext for 32 keys at once, and unprotecting. Per
 * packet; what the libraries do is accounted apart by bench/instructions.
 */
#include "bench/micro/count.h"
#include "common/bytes.h"
#include "dataplane/srtp/srtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS   32
#define ROUNDS 40
#define HEADER 20

struct crypto {
    struct srtp_engine *engine;
    struct srtp_key *keys[KEYS];
    struct srtp_stream streams[KEYS];
    struct srtp_job jobs[KEYS];
    uint8_t plain[SRTP_PACKET_MAX], packets[KEYS][SRTP_PACKET_MAX], out[SRTP_PACKET_MAX];
    size_t size;
};

static void protect(void *subject)
{
    struct crypto *c = subject;
    srtp_protect(c->engine, c->jobs, KEYS);
}

static void unprotect(void *subject)
{
    struct crypto *c = subject;
    size_t len = HEADER + c->size + srtp_tag_length(srtp_key_profile(c->keys[0])), out_len;
    uint64_t index;
    for (unsigned i = 0; i < KEYS; i++) {
        if (srtp_unprotect(c->engine, c->keys[i], &c->streams[i], c->packets[i], len, HEADER,
                           c->out, &out_len, &index) != SRTP_OK)
            abort();
    }
}

static void write_jobs(struct crypto *c, uint16_t seq)
{
    static const uint8_t header[HEADER] = {0x90, 96, 0,    0,    0, 0, 0,    0, 0, 0,
                                           0,    1,  0xbe, 0xde, 0, 1, 0x10, 5, 0, 0};
    for (unsigned i = 0; i < KEYS; i++) {
        memcpy(c->packets[i], header, HEADER);
        be16_put(c->packets[i] + 2, seq);
        c->jobs[i] = (struct srtp_job){.key = c->keys[i],
                                       .out = c->packets[i],
                                       .payload = c->plain,
                                       .header_len = HEADER,
                                       .payload_len = (uint16_t)c->size};
    }
}

static void make_keys(struct crypto *c, enum srtp_profile profile)
{
    for (unsigned i = 0; i < KEYS; i++) {
        struct srtp_master m = {.profile = profile};
        memset(m.key, (int)i + 1, sizeof m.key);
        memset(m.salt, (int)i + 2, sizeof m.salt);
        c->keys[i] = srtp_key_create(c->engine, &m);
        c->streams[i] = (struct srtp_stream){0};
        if (!c->keys[i])
            abort();
    }
}

static void count_size(struct crypto *c, const char *profile_name, bool receive)
{
    char text[96];
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_jobs(c, (uint16_t)(i + 1));
        if (receive)
            protect(c);
        count_call(receive ? unprotect : protect, c);
    }
    snprintf(text, sizeof text, "%s %s %s %zu", receive ? "unprotect" : "protect",
             srtp_engine_name(c->engine), profile_name, c->size);
    count_end(text, (uint64_t)ROUNDS * KEYS);
}

void count_srtp(void)
{
    static const char *const engines[] = {"ipsec-mb", "evp"};
    static const struct {
        enum srtp_profile profile;
        const char *name;
    } profiles[] = {{SRTP_AEAD_AES_128_GCM, "GCM"}, {SRTP_AES128_CM_SHA1_80, "CM-SHA1"}};
    static const size_t sizes[] = {1200, 160};
    static struct crypto c;
    for (size_t e = 0; e < 2; e++) {
        c.engine = srtp_engine_create(engines[e]);
        for (size_t p = 0; c.engine && p < 2; p++) {
            for (size_t k = 0; k < 4; k++) {
                c.size = sizes[k / 2];
                make_keys(&c, profiles[p].profile);
                count_size(&c, profiles[p].name, k % 2);
                for (unsigned i = 0; i < KEYS; i++)
                    srtp_key_destroy(c.keys[i]);
            }
        }
        srtp_engine_destroy(c.engine);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per packet of the SRTP engines: protecting out of place from one plaintext for many
 * keys, as fan-out does, and unprotecting.
 */
#include "common/bytes.h"
#include "common/random.h"
#include "dataplane/srtp/srtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HEADER     20
#define KEYS       64
#define ROUNDS     5
#define ROUND_NSEC 40000000ULL

static const char *const engine_names[] = {"ipsec-mb", "evp"};
static const struct {
    enum srtp_profile profile;
    const char *name;
} profiles[] = {
    {SRTP_AEAD_AES_128_GCM, "AEAD_AES_128_GCM"},
    {SRTP_AEAD_AES_256_GCM, "AEAD_AES_256_GCM"},
    {SRTP_AES128_CM_SHA1_80, "AES128_CM_SHA1_80"},
};
static const size_t sizes[] = {1200, 160};
static const size_t batches[] = {1, 8, 32, 128};

struct bench {
    struct srtp_engine *engine;
    struct srtp_key *keys[KEYS];
    uint8_t plain[SRTP_PACKET_MAX];
    uint8_t frames[SRTP_JOBS_MAX][SRTP_PACKET_MAX];
    size_t size, batch;
    uint16_t seq;
};

static uint64_t nsec(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void write_header(uint8_t *out, uint16_t seq)
{
    static const uint8_t header[HEADER] = {0x90, 96, 0,    0,    0, 0, 0,    0, 0, 0,
                                           0,    1,  0xbe, 0xde, 0, 1, 0x10, 5, 0, 0};
    memcpy(out, header, HEADER);
    be16_put(out + 2, seq);
}

static size_t protect_once(struct bench *b)
{
    struct srtp_job jobs[SRTP_JOBS_MAX];
    b->seq++;
    for (size_t i = 0; i < b->batch; i++) {
        jobs[i] = (struct srtp_job){.key = b->keys[i % KEYS],
                                    .out = b->frames[i],
                                    .payload = b->plain,
                                    .header_len = HEADER,
                                    .payload_len = (uint16_t)b->size};
        write_header(b->frames[i], b->seq);
    }
    srtp_protect(b->engine, jobs, b->batch);
    return b->batch;
}

static size_t unprotect_once(struct bench *b)
{
    uint8_t out[SRTP_PACKET_MAX];
    size_t len = HEADER + b->size + srtp_tag_length(srtp_key_profile(b->keys[0]));
    for (size_t i = 0; i < KEYS; i++) {
        struct srtp_stream s = {0};
        size_t out_len;
        uint64_t index;
        if (srtp_unprotect(b->engine, b->keys[i], &s, b->frames[i], len, HEADER, out, &out_len,
                           &index) != SRTP_OK)
            abort();
    }
    return KEYS;
}

static double median_nsec(struct bench *b, size_t (*once)(struct bench *))
{
    double rounds[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t packets = 0, begin = nsec(), now = begin;
        while (now - begin < ROUND_NSEC) {
            for (int i = 0; i < 16; i++)
                packets += once(b);
            now = nsec();
        }
        double t = (double)(now - begin) / (double)packets;
        int at = r;
        for (; at > 0 && rounds[at - 1] > t; at--)
            rounds[at] = rounds[at - 1];
        rounds[at] = t;
    }
    return rounds[ROUNDS / 2];
}

static void run_profile(struct bench *b, size_t p)
{
    for (size_t i = 0; i < KEYS; i++) {
        struct srtp_master m = {.profile = profiles[p].profile};
        random_bytes(m.key, sizeof m.key);
        random_bytes(m.salt, sizeof m.salt);
        b->keys[i] = srtp_key_create(b->engine, &m);
        if (!b->keys[i])
            abort();
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        b->size = sizes[i];
        printf("%-9s %-18s %5zu", srtp_engine_name(b->engine), profiles[p].name, b->size);
        for (size_t j = 0; j < sizeof batches / sizeof batches[0]; j++) {
            b->batch = batches[j];
            printf(" %9.0f", median_nsec(b, protect_once));
        }
        printf(" %9.0f\n", median_nsec(b, unprotect_once));
    }
    for (size_t i = 0; i < KEYS; i++)
        srtp_key_destroy(b->keys[i]);
}

int main(void)
{
    static struct bench b;
    random_bytes(b.plain, sizeof b.plain);
    printf("ns per packet, %d keys; protect by batch size\n", KEYS);
    printf("%-9s %-18s %5s %9s %9s %9s %9s %9s\n", "engine", "profile", "bytes", "1", "8", "32",
           "128", "unprotect");
    for (size_t i = 0; i < sizeof engine_names / sizeof engine_names[0]; i++) {
        b.engine = srtp_engine_create(engine_names[i]);
        if (!b.engine)
            continue;
        for (size_t p = 0; p < sizeof profiles / sizeof profiles[0]; p++)
            run_profile(&b, p);
        srtp_engine_destroy(b.engine);
    }
    return 0;
}

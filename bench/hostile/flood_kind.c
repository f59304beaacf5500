/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/hostile/flood_kind.h"

#include "common/bytes.h"
#include "common/random.h"
#include "dataplane/ice/stun.h"

#include <string.h>

static void write_junk(uint8_t *out, size_t len, uint32_t number)
{
    static const uint8_t firsts[] = {4, 19, 64, 79, 100, 127, 192, 255}; /* of no protocol */
    random_bytes(out, len);
    out[0] = firsts[number % sizeof firsts];
}

static void write_rtp(uint8_t *out, size_t len, uint32_t number)
{
    random_bytes(out, len);
    out[0] = 0x80;
    out[1] = 96;
    be16_put(out + 2, (uint16_t)number);
}

static void write_rtcp(uint8_t *out, size_t len, uint32_t number)
{
    (void)number;
    random_bytes(out, len);
    out[0] = 0x81;
    out[1] = 201;
    be16_put(out + 2, (uint16_t)(len / 4 - 1));
}

/* A binding request as a browser's, for a session that is not here. */
static void write_stun(uint8_t *out, size_t len, uint32_t number)
{
    static const char user[] = "nobodyhere:somebody", pwd[] = "a-password-of-twenty-two";
    uint8_t transaction[STUN_TRANSACTION];
    struct writer w = writer_of(out, len);
    random_bytes(transaction, sizeof transaction);
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, user, sizeof user - 1);
    stun_add_u32(&w, STUN_PRIORITY, 1845501695u - number);
    stun_add_integrity(&w, pwd, sizeof pwd - 1);
    stun_add_fingerprint(&w);
    stun_end(&w);
}

/* The first bytes are STUN's and the rest is not. */
static void write_false_stun(uint8_t *out, size_t len, uint32_t number)
{
    (void)number;
    random_bytes(out, len);
    be16_put(out, 1);
    be16_put(out + 2, (uint16_t)(len - 20));
    be32_put(out + 4, 0x2112a442);
}

/* A handshake record of DTLS 1.2 with a ClientHello's head, and nonsense behind it. */
static void write_dtls(uint8_t *out, size_t len, uint32_t number)
{
    static const uint8_t head[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0};
    random_bytes(out, len);
    memcpy(out, head, sizeof head);
    be16_put(out + 9, (uint16_t)number);
    be16_put(out + 11, (uint16_t)(len - 13));
    out[13] = 1;
}

#define STUN_LENGTH 84 /* of write_stun(): 20 + 24 + 8 + 24 + 8 */

static const struct flood_kind kinds[] = {
    {"junk", "first bytes of no protocol", 200, write_junk},
    {"byte", "one byte", 1, write_junk},
    {"rtp", "RTP of a stranger, 1200 bytes", 1200, write_rtp},
    {"small-rtp", "RTP of a stranger, 120 bytes", 120, write_rtp},
    {"rtcp", "RTCP of a stranger", 100, write_rtcp},
    {"stun", "binding requests for a session that is not here", STUN_LENGTH, write_stun},
    {"false-stun", "STUN that is none", 100, write_false_stun},
    {"dtls", "DTLS records of a stranger", 200, write_dtls},
};

const struct flood_kind *flood_kind_at(size_t i)
{
    return i < sizeof kinds / sizeof *kinds ? &kinds[i] : NULL;
}

const struct flood_kind *flood_kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents of the header extensions in use. Decoders take an element as rtp_extension_find() gives
 * it and return false if its length is wrong; encoders write exactly the *_LENGTH bytes.
 */
#ifndef SLUICE_DATAPLANE_RTP_EXTENSION_H
#define SLUICE_DATAPLANE_RTP_EXTENSION_H

#include "common/bytes.h"
#include "dataplane/rtp/packet.h"

#define ABS_SEND_TIME_LENGTH           3
#define TRANSPORT_CC_LENGTH            2
#define PLAYOUT_DELAY_LENGTH           3
#define ABS_CAPTURE_TIME_LENGTH        8
#define ABS_CAPTURE_TIME_LENGTH_OFFSET 16 /* with the clock offset */
#define AUDIO_LEVEL_SILENCE            127

/* abs-send-time: 6.18 fixed point seconds, the middle bits of NTP time. */
static inline void abs_send_time_put(uint8_t *out, uint64_t ntp)
{
    uint32_t v = (uint32_t)(ntp >> 14);
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
}

static inline bool abs_send_time_get(const struct rtp_extension *e, uint32_t *v)
{
    if (e->len != ABS_SEND_TIME_LENGTH)
        return false;
    *v = (uint32_t)e->data[0] << 16 | (uint32_t)e->data[1] << 8 | e->data[2];
    return true;
}

/* transport-wide sequence number; the second version of the extension has two bytes more. */
static inline void transport_cc_put(uint8_t *out, uint16_t seq)
{
    be16_put(out, seq);
}

static inline bool transport_cc_get(const struct rtp_extension *e, uint16_t *seq)
{
    if (e->len != TRANSPORT_CC_LENGTH && e->len != TRANSPORT_CC_LENGTH + 2)
        return false;
    *seq = be16_get(e->data);
    return true;
}

/* RFC 6464: level in -dBov, 0 loudest, 127 silence. */
static inline bool audio_level_get(const struct rtp_extension *e, uint8_t *level, bool *voice)
{
    if (e->len < 1) /* in the two-byte form padding may follow */
        return false;
    *level = e->data[0] & 0x7f;
    *voice = e->data[0] >> 7;
    return true;
}

/* abs-capture-time: NTP time of capture and, if there, the capture clock's signed offset (32.32).
 */
struct abs_capture_time {
    uint64_t ntp;
    int64_t clock_offset;
    bool has_offset;
};

static inline bool abs_capture_time_get(const struct rtp_extension *e, struct abs_capture_time *t)
{
    if (e->len != ABS_CAPTURE_TIME_LENGTH && e->len != ABS_CAPTURE_TIME_LENGTH_OFFSET)
        return false;
    t->ntp = be64_get(e->data);
    t->has_offset = e->len == ABS_CAPTURE_TIME_LENGTH_OFFSET;
    t->clock_offset = t->has_offset ? (int64_t)be64_get(e->data + 8) : 0;
    return true;
}

/* Returns the length written: 8 or 16. */
static inline uint8_t abs_capture_time_put(uint8_t *out, const struct abs_capture_time *t)
{
    be64_put(out, t->ntp);
    if (!t->has_offset)
        return ABS_CAPTURE_TIME_LENGTH;
    be64_put(out + 8, (uint64_t)t->clock_offset);
    return ABS_CAPTURE_TIME_LENGTH_OFFSET;
}

/* playout-delay: limits in units of 10 ms, 12 bits each. */
static inline void playout_delay_put(uint8_t *out, uint16_t min_10ms, uint16_t max_10ms)
{
    out[0] = (uint8_t)(min_10ms >> 4);
    out[1] = (uint8_t)((min_10ms & 0xf) << 4 | (max_10ms >> 8 & 0xf));
    out[2] = (uint8_t)max_10ms;
}

static inline bool playout_delay_get(const struct rtp_extension *e, uint16_t *min_10ms,
                                     uint16_t *max_10ms)
{
    if (e->len != PLAYOUT_DELAY_LENGTH)
        return false;
    *min_10ms = (uint16_t)(e->data[0] << 4 | e->data[1] >> 4);
    *max_10ms = (uint16_t)((e->data[1] & 0xf) << 8 | e->data[2]);
    return true;
}

/* mid, rid, repaired-rid (RFC 9143, RFC 8852): copies printable ASCII with NUL into out[cap].
 * Trailing zero bytes are padding. False if empty, too long or with other characters. */
bool sdes_text_get(const struct rtp_extension *e, char *out, size_t cap);

#endif

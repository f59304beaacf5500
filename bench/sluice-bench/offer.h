/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The offers of one peer connection, as a browser in single mode writes them (RFC 8829, RFC 8853):
 * sections for what it publishes, and free receive-only ones for what the server will send.
 */
#ifndef SLUICE_BENCH_OFFER_H
#define SLUICE_BENCH_OFFER_H

#include "control/sdp/description.h"

#include <stdbool.h>
#include <stdint.h>

#define OFFER_SECTIONS_MAX 256
#define OFFER_UFRAG        8  /* characters */
#define OFFER_PWD          24 /* characters */
#define OFFER_CID          40

/* Payload types and extension ids that are offered; a server answers with the same. */
enum {
    OFFER_PT_OPUS = 111,
    OFFER_PT_VP8 = 96,
    OFFER_PT_RTX = 97,
    OFFER_EXT_AUDIO_LEVEL = 1,
    OFFER_EXT_ABS_SEND_TIME = 2,
    OFFER_EXT_TRANSPORT_CC = 3,
    OFFER_EXT_MID = 4,
    OFFER_EXT_RID = 10,
    OFFER_EXT_REPAIRED_RID = 11,
};

enum offer_section { OFFER_RECEIVE_AUDIO, OFFER_RECEIVE_VIDEO, OFFER_SEND_AUDIO, OFFER_SEND_VIDEO };

struct offer {
    uint64_t session;
    unsigned version; /* of the description, and its id in signalling */
    char ufrag[OFFER_UFRAG + 1], pwd[OFFER_PWD + 1];
    uint8_t fingerprint[32];
    char audio_cid[OFFER_CID], video_cid[OFFER_CID]; /* ids of the published tracks */
    uint32_t audio_ssrc, video_ssrc; /* video: of a single layer; simulcast announces none */
    unsigned layers;                 /* of the published video */
    unsigned count;
    uint8_t sections[OFFER_SECTIONS_MAX]; /* enum offer_section; the mid is the index */
};

/* Appends n sections. False if there is no room for all. */
bool offer_add(struct offer *o, enum offer_section kind, unsigned n);

/* The first section of that kind, or -1. */
int offer_find(const struct offer *o, enum offer_section kind);

/* rid of simulcast layer i of three: q, h, f. */
const char *offer_rid(unsigned layer);

/* The next description: counts the version up. From malloc; NULL if memory is out. */
char *offer_write(struct offer *o);

/* The answer to an offer of the server, taking all that it sends; the DTLS client is the answerer.
 * From malloc; NULL if memory is out. */
char *offer_answer(struct offer *o, const struct sdp_description *d);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRTP and SRTCP (RFC 3711, RFC 7714) as a media worker needs it: decrypt once into the place where
 * the plaintext is kept, encrypt many times from there straight into transmit frames. The caller
 * owns packet indices (sequence number and roll-over counter); contexts hold nothing but keys, so
 * one key serves any number of streams.
 *
 * Engines: "ipsec-mb" (x86 with AES-NI) and "evp" (OpenSSL, everywhere). Results are equal.
 */
#ifndef SLUICE_DATAPLANE_SRTP_SRTP_H
#define SLUICE_DATAPLANE_SRTP_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of DTLS-SRTP (RFC 5764 section 4.1.2, RFC 7714 section 14.2). */
enum srtp_profile {
    SRTP_NONE = 0,
    SRTP_AES128_CM_SHA1_80 = 0x0001,
    SRTP_AEAD_AES_128_GCM = 0x0007,
    SRTP_AEAD_AES_256_GCM = 0x0008,
};

#define SRTP_KEY_MAX     32
#define SRTP_SALT_MAX    14
#define SRTP_TAG_MAX     16   /* what protecting RTP adds at most */
#define SRTCP_EXPAND_MAX 20   /* what protecting RTCP adds at most: tag and index */
#define SRTP_JOBS_MAX    128  /* most jobs of one srtp_protect() */
#define SRTP_PACKET_MAX  2048 /* longest packet, protected */

/* Master key and salt of one direction. */
struct srtp_master {
    enum srtp_profile profile;
    uint8_t key[SRTP_KEY_MAX];
    uint8_t salt[SRTP_SALT_MAX];
};

size_t srtp_key_length(enum srtp_profile p);  /* bytes of the master key; 0 if unknown */
size_t srtp_salt_length(enum srtp_profile p); /* bytes of the master salt */
size_t srtp_tag_length(enum srtp_profile p);  /* what protecting RTP adds */

struct srtp_engine; /* one per thread: it has scratch memory and job managers */

/* Engine by name, or the best for this CPU if NULL. NULL if there is none of that name here. */
struct srtp_engine *srtp_engine_create(const char *name);
void srtp_engine_destroy(struct srtp_engine *e);
const char *srtp_engine_name(const struct srtp_engine *e);

/* Session keys of one direction, expanded for the engine that made it. */
struct srtp_key;

/* The keys derived from m (RFC 3711 section 4.3, key_derivation_rate 0); NULL if the profile is
 * unknown or memory is out. Any thread may create and destroy; use is one thread's at a time, with
 * any engine of the same name. */
struct srtp_key *srtp_key_create(const struct srtp_engine *e, const struct srtp_master *m);
void srtp_key_destroy(struct srtp_key *k); /* wiped; NULL is allowed */
enum srtp_profile srtp_key_profile(const struct srtp_key *k);

/* One RTP packet to protect. The RTP header with its extensions stands at `out` (header_len bytes);
 * behind it comes the ciphertext of payload[0..payload_len), then the tag; all of it at most
 * SRTP_PACKET_MAX. `payload` may be out + header_len (in place) or any place that does not overlap.
 */
struct srtp_job {
    const struct srtp_key *key;
    uint8_t *out; /* header_len + payload_len + srtp_tag_length() bytes */
    const uint8_t *payload;
    uint16_t header_len, payload_len;
    uint32_t roc; /* roll-over counter of this packet's SSRC */
};

/* Protects n <= SRTP_JOBS_MAX packets, of any mix of keys and profiles. Cannot fail. */
void srtp_protect(struct srtp_engine *e, const struct srtp_job *jobs, size_t n);

/* What a receiver knows of one SSRC (RFC 3711 section 3.3): zero-initialise. */
struct srtp_stream {
    uint64_t highest;    /* 48-bit index of the newest authenticated packet */
    uint64_t window[16]; /* replay bitmap of the last 1024 indices: index i is bit i % 1024 */
    bool started;
};

enum srtp_result { SRTP_OK, SRTP_BAD_PACKET, SRTP_BAD_AUTH, SRTP_REPLAYED };

/* Authenticates and decrypts in[0..len), an RTP packet whose header is header_len bytes: the header
 * and the plaintext go to out (may be `in`, else not overlapping), their length to *out_len, the
 * packet's 48-bit index to *index. SRTP_REPLAYED: authentic, but seen before or older than the
 * window; nothing else is wrong with it. SRTP_BAD_PACKET: lengths that cannot be. The stream
 * changes only on SRTP_OK; what `out` holds is defined on SRTP_OK and SRTP_REPLAYED only. */
enum srtp_result srtp_unprotect(struct srtp_engine *e, const struct srtp_key *k,
                                struct srtp_stream *s, const uint8_t *in, size_t len,
                                size_t header_len, uint8_t *out, size_t *out_len, uint64_t *index);

/* Protects the RTCP compound buf[0..len) in place; buf has SRTCP_EXPAND_MAX bytes of room behind
 * it. `index` counts up per key and direction (31 bits). len is at least 8, at most SRTP_PACKET_MAX
 * - SRTCP_EXPAND_MAX. Returns the new length. */
size_t srtcp_protect(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                     uint32_t index);

#define SRTCP_SOURCES_MAX 16

/* Replay state of one SSRC. */
struct srtcp_source {
    uint32_t ssrc;
    uint32_t highest;   /* 31-bit index of the newest authenticated packet */
    uint64_t window[2]; /* the last 128 indices: index i is bit i % 128 */
};

/* Replay state of SRTCP from one peer: zero-initialise. Senders count the index per SSRC (RFC 3711
 * section 3.2.1), so it is kept so; a peer that sends from more than SRTCP_SOURCES_MAX SSRCs loses
 * the memory of the one that it used first. */
struct srtcp_stream {
    struct srtcp_source sources[SRTCP_SOURCES_MAX];
    uint8_t count; /* of sources in use */
    uint8_t next;  /* to be replaced when all are */
};

/* Authenticates and decrypts in place; *out_len is the compound's length. A packet without the E
 * flag is SRTP_BAD_PACKET: no profile here leaves SRTCP unencrypted. Else as srtp_unprotect(). */
enum srtp_result srtcp_unprotect(struct srtp_engine *e, const struct srtp_key *k,
                                 struct srtcp_stream *s, uint8_t *buf, size_t len, size_t *out_len);

#endif

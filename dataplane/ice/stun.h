/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN messages (RFC 8489) with the attributes of ICE (RFC 8445 section 16.1). Parsing gives a flat
 * structure whose pointers lead into the caller's bytes; writing goes into a caller's buffer.
 */
#ifndef SLUICE_DATAPLANE_ICE_STUN_H
#define SLUICE_DATAPLANE_ICE_STUN_H

#include "common/addr.h"
#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_HEADER          20
#define STUN_TRANSACTION     12
#define STUN_MESSAGE_MAX     1500 /* longer ones are refused */
#define STUN_MAGIC           0x2112a442u
#define STUN_BINDING         0x001
#define STUN_USERNAME_MAX    513
#define STUN_UNKNOWN_MAX     8  /* unknown attributes that are remembered */
#define STUN_ATTRIBUTES_MAX  64 /* a message with more is refused */
#define STUN_KEY_MAX         256
#define STUN_INTEGRITY_SIZE  20
#define STUN_FINGERPRINT_XOR 0x5354554eu

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

enum stun_attribute {
    STUN_MAPPED_ADDRESS = 0x0001,
    STUN_USERNAME = 0x0006,
    STUN_MESSAGE_INTEGRITY = 0x0008,
    STUN_ERROR_CODE = 0x0009,
    STUN_UNKNOWN_ATTRIBUTES = 0x000a,
    STUN_REALM = 0x0014,
    STUN_NONCE = 0x0015,
    STUN_XOR_MAPPED_ADDRESS = 0x0020,
    STUN_PRIORITY = 0x0024,
    STUN_USE_CANDIDATE = 0x0025,
    STUN_SOFTWARE = 0x8022,
    STUN_FINGERPRINT = 0x8028,
    STUN_ICE_CONTROLLED = 0x8029,
    STUN_ICE_CONTROLLING = 0x802a,
};

enum stun_error {
    STUN_BAD_REQUEST = 400,
    STUN_UNAUTHENTICATED = 401,
    STUN_UNKNOWN_ATTRIBUTE = 420,
    STUN_ROLE_CONFLICT = 487,
    /* of TURN: RFC 8656 section 19.2, RFC 8489 section 14.8 */
    STUN_FORBIDDEN = 403,
    STUN_ALLOCATION_MISMATCH = 437,
    STUN_STALE_NONCE = 438,
    STUN_ADDRESS_FAMILY = 440,
    STUN_WRONG_CREDENTIALS = 441,
    STUN_TRANSPORT_PROTOCOL = 442,
    STUN_PEER_FAMILY = 443,
    STUN_QUOTA = 486,
    STUN_CAPACITY = 508,
};

/* What a message says. Attributes behind MESSAGE-INTEGRITY are ignored (RFC 8489 section 14.5),
 * except FINGERPRINT; of an attribute that comes twice the first one counts. */
struct stun_message {
    const uint8_t *data; /* the whole message, the caller's */
    size_t len;
    enum stun_class class;
    uint16_t method;
    uint8_t transaction[STUN_TRANSACTION];
    const char *username; /* NULL: none; not terminated */
    uint16_t username_len;
    bool has_priority, use_candidate, controlling, controlled, has_fingerprint;
    uint32_t priority;
    uint64_t tie_breaker;   /* of ICE-CONTROLLING or ICE-CONTROLLED */
    struct net_addr mapped; /* XOR-MAPPED-ADDRESS, unset if absent */
    uint16_t error_code;    /* 0: absent */
    size_t integrity_at;    /* offset of the MESSAGE-INTEGRITY attribute; 0: absent */
    uint8_t n_unknown;      /* comprehension-required attributes that we do not know */
    uint16_t unknown[STUN_UNKNOWN_MAX];
};

/* True if the first bytes can only be STUN (RFC 7983, magic cookie). */
bool stun_is_message(const uint8_t *data, size_t len);

/* False if data[0..len) is not exactly one well-formed STUN message, or its FINGERPRINT is wrong.
 */
bool stun_parse(struct stun_message *m, const uint8_t *data, size_t len);

/* True if MESSAGE-INTEGRITY is there and fits the key (short-term: the password). */
bool stun_verify(const struct stun_message *m, const char *key, size_t key_len);

/* The part of a binding request's USERNAME before the colon: whom it is for. Looks at no more than
 * it must and verifies nothing; false if there is none. *ufrag points into data. */
bool stun_request_ufrag(const uint8_t *data, size_t len, const char **ufrag, size_t *ufrag_len);

/* The next attribute's value, with its padding skipped; NULL at the end or if it is not whole. The
 * reader runs over what follows the header. */
const uint8_t *stun_next_attribute(struct reader *r, uint16_t *type, uint16_t *len);

/* An XOR-ed address of the message that begins at `message`; false if malformed. */
bool stun_read_xor_address(struct net_addr *a, const uint8_t *value, size_t len,
                           const uint8_t *message);

/* ---- writing: begin, add, then integrity, then fingerprint; stun_end() gives the length ---- */

void stun_begin(struct writer *w, enum stun_class class,
                const uint8_t transaction[STUN_TRANSACTION]);
/* The same of another method than Binding. */
void stun_begin_method(struct writer *w, enum stun_class class, uint16_t method,
                       const uint8_t transaction[STUN_TRANSACTION]);
void stun_add(struct writer *w, uint16_t attribute, const void *value, size_t len);
void stun_add_u32(struct writer *w, uint16_t attribute, uint32_t value);
void stun_add_u64(struct writer *w, uint16_t attribute, uint64_t value);
void stun_add_xor_address(struct writer *w, const struct net_addr *a); /* XOR-MAPPED-ADDRESS */
void stun_add_xor(struct writer *w, uint16_t attribute, const struct net_addr *a);
void stun_add_error(struct writer *w, enum stun_error code);
void stun_add_integrity(struct writer *w, const char *key, size_t key_len);
void stun_add_fingerprint(struct writer *w);

/* Length of the message; 0 if it did not fit. */
size_t stun_end(struct writer *w);

#endif

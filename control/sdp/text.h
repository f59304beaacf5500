/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of a text that somebody else owns: not terminated, never NULL when made by these
 * functions.
 */
#ifndef SLUICE_CONTROL_SDP_TEXT_H
#define SLUICE_CONTROL_SDP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdp_text {
    const char *at;
    uint32_t len;
};

static inline struct sdp_text sdp_text_of(const char *at, size_t len)
{
    return (struct sdp_text){.at = at, .len = (uint32_t)len};
}

/* Equality with a terminated string; the second ignores the case of ASCII letters. */
bool sdp_text_is(struct sdp_text t, const char *s);
bool sdp_text_is_nocase(struct sdp_text t, const char *s);
bool sdp_text_equal(struct sdp_text a, struct sdp_text b);

/* If t begins with `prefix`, cuts it off and returns true. */
bool sdp_text_skip(struct sdp_text *t, const char *prefix);

/* Cuts the part before the first `separator` off t and returns it; the separator goes as well.
 * Without a separator all of t is returned and t is empty. */
struct sdp_text sdp_text_cut(struct sdp_text *t, char separator);

/* Without spaces at both ends. */
struct sdp_text sdp_text_trim(struct sdp_text t);

/* A decimal number that fills t, at most `max`. */
bool sdp_text_number(struct sdp_text t, uint64_t max, uint64_t *value);

/* Copies into a terminated buffer. False (and an empty string) if it does not fit. */
bool sdp_text_copy(struct sdp_text t, char *buf, size_t cap);

/* The value of `key` in a list "key=value;key=value" (a=fmtp). False if there is no such key. */
bool sdp_text_parameter(struct sdp_text list, const char *key, struct sdp_text *value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1 response (RFC 9112), as an upstream sends it to a request of version 1.0:
 * without chunked coding. Pure functions.
 */
#ifndef SLUICE_CONTROL_HTTP_RESPONSE_HEAD_H
#define SLUICE_CONTROL_HTTP_RESPONSE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESPONSE_HEAD_MAX  16384 /* bytes */
#define RESPONSE_UNTIL_END UINT64_MAX

enum response_head_result { RESPONSE_PARTIAL, RESPONSE_COMPLETE, RESPONSE_BAD };

struct response_head {
    int status;              /* 200 to 599 */
    size_t length;           /* of the head, with the empty line */
    size_t headers;          /* offset of the first header line */
    uint64_t content_length; /* or RESPONSE_UNTIL_END */
};

/* Looks for a whole head at data; data[length] must be 0. Bad are: no status line, a status out of
 * range, lines without colon or with control characters, a Content-Length that is no number or said
 * twice differently, any Transfer-Encoding, more than RESPONSE_HEAD_MAX bytes. */
enum response_head_result response_head_parse(const char *data, size_t length,
                                              struct response_head *out);

struct response_header {
    const char *name, *value; /* not terminated */
    size_t name_length, value_length;
};

/* The header line at *at (an offset from response_head.headers on); moves *at to the next. False at
 * the end. For heads that were found complete. */
bool response_head_next(const char *data, size_t *at, struct response_header *out);

#endif

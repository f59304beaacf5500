/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of request targets: percent-encoding (RFC 3986 section 2.1) and form fields (WHATWG URL
 * standard, application/x-www-form-urlencoded). Pure functions.
 */
#ifndef SLUICE_CONTROL_HTTP_QUERY_H
#define SLUICE_CONTROL_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#define QUERY_BAD ((size_t)-1)

/* Decodes %XX and, if `plus`, '+' as space into out (`length` + 1 bytes are enough), with a NUL
 * behind. Returns the decoded length; QUERY_BAD if an escape is broken or a NUL comes out. */
size_t query_decode(const char *text, size_t length, bool plus, char *out);

/* Finds the first field `name` in "a=1&b=2" and sets *value and *value_length to its encoded value.
 * Field names are compared decoded. */
bool query_find(const char *query, size_t length, const char *name, const char **value,
                size_t *value_length);

/* Turns a request target ("/a//b?c", "http://host/a") into the decoded path: absolute form reduced,
 * slashes in front collapsed to one. out has `length` + 2 bytes. Returns the length of the part of
 * the target before '?'; QUERY_BAD if it is no path. */
size_t query_path(const char *target, size_t length, char *out);

#endif

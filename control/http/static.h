/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for browsers: the console and the test-call page.
 */
#ifndef SLUICE_CONTROL_HTTP_STATIC_H
#define SLUICE_CONTROL_HTTP_STATIC_H

#include "control/http/http.h"

/* The media type that belongs to the ending of a name; application/octet-stream if unknown. */
const char *static_content_type(const char *path);

/* Answers with a file of a directory, read whole (at most 16 MiB). `name` is the rest of the path;
 * "" or a trailing '/' means index.html. Names with a component that begins with '.' are not found,
 * symbolic links are not followed out of the directory. */
void static_respond_file(struct http_request *r, const char *directory, const char *name);

/* Answers with bytes in memory and the media type of `name`; cached by browsers for no time. */
void static_respond_bytes(struct http_request *r, const char *name, const void *data,
                          size_t length);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twirp (twitchtv.github.io/twirp/docs/spec_v7.html) as LiveKit's server speaks it: paths, content
 * types and errors. Bytes in, bytes out.
 */
#ifndef SLUICE_CONTROL_API_TWIRP_H
#define SLUICE_CONTROL_API_TWIRP_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define TWIRP_PREFIX "/twirp/livekit."

/* Bytes of a request body; more is `malformed`. */
#define TWIRP_BODY_MAX (64u << 20)

enum twirp_code {
    TWIRP_OK,
    TWIRP_INVALID_ARGUMENT,
    TWIRP_MALFORMED,
    TWIRP_UNAUTHENTICATED,
    TWIRP_NOT_FOUND,
    TWIRP_BAD_ROUTE,
    TWIRP_FAILED_PRECONDITION,
    TWIRP_RESOURCE_EXHAUSTED,
    TWIRP_DEADLINE_EXCEEDED,
    TWIRP_UNIMPLEMENTED,
    TWIRP_INTERNAL,
    TWIRP_UNAVAILABLE,
    TWIRP_CODE_COUNT,
};

const char *twirp_code_name(enum twirp_code code); /* "not_found" */
int twirp_code_status(enum twirp_code code);       /* of HTTP */

struct twirp_error {
    enum twirp_code code;
    char text[600];
    const char *meta_key; /* NULL: no meta */
    char meta[600];
};

/* Sets code and text; longer texts are cut. */
void twirp_fail(struct twirp_error *e, enum twirp_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct twirp_request {
    const char *method;       /* of HTTP */
    const char *path;         /* decoded, without query */
    const char *content_type; /* NULL: none */
    const void *body;
    size_t length;
};

enum twirp_encoding { TWIRP_JSON, TWIRP_PROTOBUF };

/* The bytes of a response; `body` is from malloc. */
struct twirp_response {
    int status;
    const char *content_type;
    void *body;
    size_t length;
};

/* "/twirp/livekit.Service/Method" taken apart; both point into static or the path's memory.
 * False if the path has no such form. `service` is cut off at its length. */
struct twirp_target {
    const char *service, *method;
    size_t service_length;
};
bool twirp_target(const char *path, struct twirp_target *out);
bool twirp_target_is(const struct twirp_target *t, const char *service);

/* No method of that name: bad_route. */
void twirp_no_route(const struct twirp_request *q, struct twirp_error *e);

/* Checks method and content type. False with a bad_route in *e. */
bool twirp_accepts(const struct twirp_request *q, enum twirp_encoding *encoding,
                   struct twirp_error *e);

/* The request's message; free it with protobuf_c_message_free_unpacked(). NULL with *e set. */
ProtobufCMessage *twirp_read(const struct twirp_request *q, enum twirp_encoding encoding,
                             const ProtobufCMessageDescriptor *d, struct twirp_error *e);

/* Both end in status 500 and an empty body if memory is out. */
void twirp_write(struct twirp_response *out, enum twirp_encoding encoding,
                 const ProtobufCMessage *m);
void twirp_write_error(struct twirp_response *out, const struct twirp_error *e);

#endif

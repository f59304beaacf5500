/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api/twirp.h"

#include "common/pbjson/pbjson.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONTENT_JSON     "application/json"
#define CONTENT_PROTOBUF "application/protobuf"

static const struct {
    const char *name;
    int status;
} codes[TWIRP_CODE_COUNT] = {
    [TWIRP_OK] = {"ok", 200},
    [TWIRP_INVALID_ARGUMENT] = {"invalid_argument", 400},
    [TWIRP_MALFORMED] = {"malformed", 400},
    [TWIRP_UNAUTHENTICATED] = {"unauthenticated", 401},
    [TWIRP_NOT_FOUND] = {"not_found", 404},
    [TWIRP_BAD_ROUTE] = {"bad_route", 404},
    [TWIRP_FAILED_PRECONDITION] = {"failed_precondition", 412},
    [TWIRP_RESOURCE_EXHAUSTED] = {"resource_exhausted", 429},
    [TWIRP_DEADLINE_EXCEEDED] = {"deadline_exceeded", 408},
    [TWIRP_UNIMPLEMENTED] = {"unimplemented", 501},
    [TWIRP_INTERNAL] = {"internal", 500},
    [TWIRP_UNAVAILABLE] = {"unavailable", 503},
};

const char *twirp_code_name(enum twirp_code code)
{
    return codes[code].name;
}

int twirp_code_status(enum twirp_code code)
{
    return codes[code].status;
}

void twirp_fail(struct twirp_error *e, enum twirp_code code, const char *format, ...)
{
    va_list list;
    e->code = code;
    va_start(list, format);
    vsnprintf(e->text, sizeof e->text, format, list);
    va_end(list);
}

bool twirp_target(const char *path, struct twirp_target *out)
{
    if (strncmp(path, TWIRP_PREFIX, strlen(TWIRP_PREFIX)) != 0)
        return false;
    out->service = path + strlen(TWIRP_PREFIX);
    out->service_length = strcspn(out->service, "/");
    if (out->service[out->service_length] != '/')
        return false;
    out->method = out->service + out->service_length + 1;
    return true;
}

bool twirp_target_is(const struct twirp_target *t, const char *service)
{
    return strlen(service) == t->service_length &&
           memcmp(service, t->service, t->service_length) == 0;
}

static void bad_route(const struct twirp_request *q, struct twirp_error *e)
{
    e->meta_key = "twirp_invalid_route";
    snprintf(e->meta, sizeof e->meta, "%s %s", q->method, q->path);
}

void twirp_no_route(const struct twirp_request *q, struct twirp_error *e)
{
    twirp_fail(e, TWIRP_BAD_ROUTE, "no handler for path \"%s\"", q->path);
    bad_route(q, e);
}

static bool has_type(const char *header, const char *type)
{
    size_t n = strlen(type);
    header += strspn(header, " \t");
    if (strncasecmp(header, type, n) != 0)
        return false;
    header += n;
    header += strspn(header, " \t");
    return *header == 0 || *header == ';';
}

bool twirp_accepts(const struct twirp_request *q, enum twirp_encoding *encoding,
                   struct twirp_error *e)
{
    const char *type = q->content_type ? q->content_type : "";
    if (strcmp(q->method, "POST") != 0) {
        twirp_fail(e, TWIRP_BAD_ROUTE, "unsupported method \"%s\" (only POST is allowed)",
                   q->method);
    } else if (has_type(type, CONTENT_JSON)) {
        *encoding = TWIRP_JSON;
        return true;
    } else if (has_type(type, CONTENT_PROTOBUF)) {
        *encoding = TWIRP_PROTOBUF;
        return true;
    } else {
        twirp_fail(e, TWIRP_BAD_ROUTE, "unexpected Content-Type: \"%s\"", type);
    }
    bad_route(q, e);
    return false;
}

ProtobufCMessage *twirp_read(const struct twirp_request *q, enum twirp_encoding encoding,
                             const ProtobufCMessageDescriptor *d, struct twirp_error *e)
{
    char reason[PBJSON_ERROR];
    ProtobufCMessage *m = NULL;
    if (q->length <= TWIRP_BODY_MAX)
        m = encoding == TWIRP_JSON ? pbjson_read(d, q->body, q->length, reason)
                                   : protobuf_c_message_unpack(d, NULL, q->length, q->body);
    if (!m)
        twirp_fail(e, TWIRP_MALFORMED, "the %s request could not be decoded",
                   encoding == TWIRP_JSON ? "json" : "protobuf");
    return m;
}

static void fill(struct twirp_response *out, const char *type, void *body, size_t length)
{
    *out = (struct twirp_response){500, type, body, length};
    if (body)
        out->status = 200;
}

void twirp_write(struct twirp_response *out, enum twirp_encoding encoding,
                 const ProtobufCMessage *m)
{
    if (encoding == TWIRP_JSON) {
        char *text = pbjson_write(m, PBJSON_SNAKE);
        fill(out, CONTENT_JSON, text, text ? strlen(text) : 0);
        return;
    }
    uint8_t *bytes = malloc(protobuf_c_message_get_packed_size(m) + 1);
    fill(out, CONTENT_PROTOBUF, bytes, bytes ? protobuf_c_message_pack(m, bytes) : 0);
}

/* Texts may quote a path or a header that is not UTF-8, or was cut within a character. */
static json_t *text_of(const char *text)
{
    json_t *t = json_string(text);
    if (t)
        return t;
    char plain[600];
    snprintf(plain, sizeof plain, "%s", text);
    for (char *c = plain; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(plain);
}

void twirp_write_error(struct twirp_response *out, const struct twirp_error *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "code", json_string(twirp_code_name(e->code)));
    json_object_set_new(o, "msg", text_of(e->text));
    if (e->meta_key) {
        json_t *meta = json_object();
        json_object_set_new(meta, e->meta_key, text_of(e->meta));
        json_object_set_new(o, "meta", meta);
    }
    char *body = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    fill(out, CONTENT_JSON, body, body ? strlen(body) : 0);
    if (body)
        out->status = twirp_code_status(e->code);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/pbjson/field.h"
#include "common/pbjson/pbjson.h"

struct reading {
    size_t memory; /* left */
    unsigned depth;
    char *err;
};

static ProtobufCMessage *read_message(struct reading *r, const ProtobufCMessageDescriptor *d,
                                      const json_t *object);

static bool fail(struct reading *r, const ProtobufCFieldDescriptor *f, const char *reason)
{
    snprintf(r->err, PBJSON_ERROR, "%s%s%s", f ? f->name : "", f ? ": " : "", reason);
    return false;
}

/* Zeroed memory of the budget. */
static void *take(struct reading *r, size_t size)
{
    if (size > r->memory)
        return NULL;
    r->memory -= size;
    return calloc(1, size ? size : 1);
}

/* --- single values --- */

/* A number, or a text of one. */
static bool read_long(const json_t *v, int64_t *out)
{
    char *end;
    if (json_is_integer(v)) {
        *out = json_integer_value(v);
        return true;
    }
    if (json_is_real(v)) {
        double real = json_real_value(v);
        *out = fabs(real) < 9e18 ? (int64_t)real : 0;
        return fabs(real) < 9e18 && (double)*out == real;
    }
    const char *text = json_string_value(v);
    if (!text || (*text != '-' && (*text < '0' || *text > '9')))
        return false;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == 0;
}

static bool read_unsigned(const json_t *v, uint64_t *out)
{
    int64_t n;
    const char *text = json_string_value(v);
    char *end;
    if (text && *text >= '0' && *text <= '9') {
        errno = 0;
        *out = strtoull(text, &end, 10);
        return errno == 0 && *end == 0;
    }
    if (!read_long(v, &n) || n < 0)
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool read_real(const json_t *v, double *out)
{
    const char *text = json_string_value(v);
    char *end = NULL;
    if (json_is_number(v)) {
        *out = json_number_value(v);
        return true;
    }
    if (!text || !*text)
        return false;
    *out = 0;
    if (strcmp(text, "NaN") == 0)
        *out = NAN;
    else if (strcmp(text, "Infinity") == 0)
        *out = INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *out = -INFINITY;
    else if (strspn(text, "0123456789+-.eE") == strlen(text))
        *out = strtod(text, &end);
    else
        return false;
    return !end || *end == 0;
}

/* The number of an enum; *known is false for a name of another version. */
static bool read_enum(const ProtobufCFieldDescriptor *f, const json_t *v, int *out, bool *known)
{
    int64_t n;
    const char *name = json_string_value(v);
    if (name) {
        const ProtobufCEnumValue *value =
            protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, name);
        *known = value != NULL;
        *out = value ? value->value : 0;
        return true;
    }
    if (!read_long(v, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out = (int)n;
    return true;
}

static bool read_text(struct reading *r, const json_t *v, char **out)
{
    if (!json_is_string(v))
        return false;
    size_t n = json_string_length(v) + 1;
    *out = take(r, n);
    if (*out)
        memcpy(*out, json_string_value(v), n);
    return *out != NULL;
}

static bool read_bytes(struct reading *r, const json_t *v, ProtobufCBinaryData *out)
{
    const char *text = json_string_value(v);
    if (!text)
        return false;
    size_t n = json_string_length(v);
    bool url = memchr(text, '-', n) || memchr(text, '_', n);
    if (n == 0)
        return true;
    out->data = take(r, BASE64_DECODED_SIZE(n));
    if (out->data)
        out->len = base64_decode(text, n, url ? BASE64_URL : BASE64_STANDARD, out->data);
    if (out->data && out->len != BASE64_BAD)
        return true;
    free(out->data);
    *out = (ProtobufCBinaryData){0};
    return false;
}

static bool read_small(const ProtobufCFieldDescriptor *f, const json_t *v, void *at)
{
    int64_t n;
    if (!read_long(v, &n))
        return false;
    if (f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_FIXED32) {
        *(uint32_t *)at = (uint32_t)n;
        return n >= 0 && n <= UINT32_MAX;
    }
    *(int32_t *)at = (int32_t)n;
    return n >= INT32_MIN && n <= INT32_MAX;
}

static bool read_value(struct reading *r, const ProtobufCFieldDescriptor *f, const json_t *v,
                       void *at, bool *known)
{
    double real = 0;
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_long(v, at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(v, at);
    case PROTOBUF_C_TYPE_FLOAT:
        if (!read_real(v, &real))
            return false;
        *(float *)at = (float)real;
        return true;
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(v, at);
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = json_is_true(v);
        return json_is_boolean(v);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(f, v, at, known);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(r, v, at);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, v, at);
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = read_message(r, f->descriptor, v);
        return *(ProtobufCMessage **)at != NULL;
    default:
        return read_small(f, v, at);
    }
}

/* --- lists and maps --- */

static bool read_list(struct reading *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                      const json_t *v)
{
    size_t count = json_array_size(v), *n = field_quantifier(m, f);
    if (!json_is_array(v) || *n > 0)
        return fail(r, f, "not a list, or given twice");
    if (count == 0)
        return true;
    char *at = take(r, count * field_size(f));
    if (!at)
        return fail(r, f, "too large");
    *(void **)field_at(m, f) = at;
    for (size_t i = 0; i < count; i++) {
        bool known = true;
        if (!read_value(r, f, json_array_get(v, i), at + *n * field_size(f), &known))
            return *r->err ? false : fail(r, f, "wrong type or too large");
        *n += known;
    }
    if (*n == 0) { /* what has no elements has no array */
        free(at);
        *(void **)field_at(m, f) = NULL;
    }
    return true;
}

static bool read_key(struct reading *r, const ProtobufCFieldDescriptor *f, const char *key,
                     void *at)
{
    bool known, is_true = strcmp(key, "true") == 0;
    json_t *v = f->type == PROTOBUF_C_TYPE_BOOL ? json_boolean(is_true) : json_string(key);
    bool ok = v && read_value(r, f, v, at, &known);
    json_decref(v);
    return ok;
}

static bool read_map(struct reading *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                     const json_t *v)
{
    const ProtobufCMessageDescriptor *d = f->descriptor;
    size_t count = json_object_size(v), *n = field_quantifier(m, f);
    const char *key;
    json_t *value;
    if (!json_is_object(v) || *n > 0)
        return fail(r, f, "not an object, or given twice");
    if (count == 0)
        return true;
    ProtobufCMessage **entries = take(r, count * field_size(f));
    if (!entries)
        return fail(r, f, "too large");
    *(ProtobufCMessage ***)field_at(m, f) = entries;
    json_object_foreach((json_t *)v, key, value)
    {
        bool known = true;
        ProtobufCMessage *entry = take(r, d->sizeof_message);
        if (!entry)
            return fail(r, f, "too large");
        protobuf_c_message_init(d, entry);
        entries[(*n)++] = entry;
        if (!read_key(r, &d->fields[0], key, field_at(entry, &d->fields[0])) ||
            !read_value(r, &d->fields[1], value, field_at(entry, &d->fields[1]), &known))
            return *r->err ? false : fail(r, f, "wrong type or too large");
    }
    return true;
}

/* --- messages --- */

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *d,
                                                  const char *name)
{
    char camel[FIELD_NAME];
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (strcmp(f->name, name) == 0 || strcmp(field_camel_name(f, camel), name) == 0)
            return f;
    }
    return NULL;
}

/* Names a singular field present; false if it, or another of its oneof, was given already. */
static bool claim(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, bool *seen)
{
    if (field_is_oneof(f)) {
        uint32_t *which = field_quantifier(m, f);
        if (*which != 0)
            return false;
        /* Members of a union have no initial value: an empty text must not be a stray pointer. */
        memset(field_at(m, f), 0, field_size(f));
        *which = f->id;
        return true;
    }
    if (f->label == PROTOBUF_C_LABEL_OPTIONAL && f->quantifier_offset != 0)
        *(protobuf_c_boolean *)field_quantifier(m, f) = true;
    bool first = !*seen;
    *seen = true;
    return first;
}

static bool read_singular(struct reading *r, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                          const json_t *v, bool *seen)
{
    bool known = true;
    if (!claim(m, f, seen))
        return fail(r, f, "given twice, or with another of its choice");
    if (read_value(r, f, v, field_at(m, f), &known)) {
        if (!known && field_is_oneof(f))
            *(uint32_t *)field_quantifier(m, f) = 0;
        return true;
    }
    return *r->err ? false : fail(r, f, "wrong type or too large");
}

static bool read_fields(struct reading *r, ProtobufCMessage *m, const json_t *object, bool *seen)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)object, name, v)
    {
        const ProtobufCFieldDescriptor *f = find_field(d, name);
        bool ok = true;
        if (!f || json_is_null(v))
            continue;
        if (field_is_map(f))
            ok = read_map(r, m, f, v);
        else if (field_is_repeated(f))
            ok = read_list(r, m, f, v);
        else
            ok = read_singular(r, m, f, v, &seen[f - d->fields]);
        if (!ok)
            return false;
    }
    return true;
}

static ProtobufCMessage *read_message(struct reading *r, const ProtobufCMessageDescriptor *d,
                                      const json_t *object)
{
    if (!json_is_object(object) || r->depth >= PBJSON_DEPTH_MAX)
        return NULL;
    ProtobufCMessage *m = take(r, d->sizeof_message);
    bool *seen = calloc(d->n_fields + 1, sizeof(*seen));
    bool ok = m && seen;
    if (m)
        protobuf_c_message_init(d, m);
    r->depth++;
    ok = ok && read_fields(r, m, object, seen);
    r->depth--;
    free(seen);
    if (ok)
        return m;
    protobuf_c_message_free_unpacked(m, NULL);
    return NULL;
}

ProtobufCMessage *pbjson_to_message(const ProtobufCMessageDescriptor *d, const json_t *object,
                                    char err[static PBJSON_ERROR])
{
    struct reading r = {.memory = PBJSON_MEMORY_MAX, .err = err};
    err[0] = 0;
    ProtobufCMessage *m = read_message(&r, d, object);
    if (!m && !err[0])
        fail(&r, NULL, "not an object, or too large");
    return m;
}

ProtobufCMessage *pbjson_read(const ProtobufCMessageDescriptor *d, const char *text, size_t length,
                              char err[static PBJSON_ERROR])
{
    json_error_t e = {0};
    if (length > PBJSON_TEXT_MAX) {
        snprintf(err, PBJSON_ERROR, "too large");
        return NULL;
    }
    json_t *object = json_loadb(text, length, 0, &e);
    if (!object) {
        snprintf(err, PBJSON_ERROR, "%.120s", e.text);
        return NULL;
    }
    ProtobufCMessage *m = pbjson_to_message(d, object, err);
    json_decref(object);
    return m;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/pbjson/field.h"
#include "common/pbjson/pbjson.h"

struct writing {
    enum pbjson_style style;
    unsigned depth;
};

static json_t *write_message(struct writing *w, const ProtobufCMessage *m);

static json_t *write_text(const char *text)
{
    json_t *v = json_string(text);
    if (v)
        return v;
    char *ascii = strdup(text); /* not UTF-8 */
    for (char *c = ascii; c && *c; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    v = ascii ? json_string(ascii) : NULL;
    free(ascii);
    return v;
}

static json_t *write_bytes(const ProtobufCBinaryData *b)
{
    char *text = malloc(BASE64_ENCODED_SIZE(b->len));
    if (!text)
        return NULL;
    base64_encode(b->data, b->len, BASE64_STANDARD, true, text);
    json_t *v = json_string(text);
    free(text);
    return v;
}

static json_t *write_enum(const ProtobufCFieldDescriptor *f, int number)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, number);
    return v ? json_string(v->name) : json_integer(number);
}

static json_t *write_real(double v)
{
    if (isnan(v))
        return json_string("NaN");
    if (isinf(v))
        return json_string(v > 0 ? "Infinity" : "-Infinity");
    return json_real(v);
}

static json_t *write_long(bool is_signed, const void *at)
{
    char text[24];
    if (is_signed)
        snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)at);
    else
        snprintf(text, sizeof(text), "%" PRIu64, *(const uint64_t *)at);
    return json_string(text);
}

static json_t *write_value(struct writing *w, const ProtobufCFieldDescriptor *f, const void *at)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return write_long(true, at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return write_long(false, at);
    case PROTOBUF_C_TYPE_FLOAT:
        return write_real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return write_real(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return write_enum(f, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return write_text(*(char *const *)at ? *(char *const *)at : "");
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(at);
    default:
        return write_message(w, *(ProtobufCMessage *const *)at);
    }
}

/* True if a value that has no presence of its own is what it is by default. */
static bool is_default(const ProtobufCFieldDescriptor *f, const void *at)
{
    static const uint64_t zero;
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return !*(char *const *)at || !**(char *const *)at;
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, &zero, field_size(f)) == 0;
}

static const char *key_text(const ProtobufCFieldDescriptor *f, const void *at, char buf[static 24])
{
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)at ? *(char *const *)at : "";
    if (f->type == PROTOBUF_C_TYPE_BOOL)
        return *(const protobuf_c_boolean *)at ? "true" : "false";
    if (field_size(f) == 8)
        snprintf(buf, 24, "%" PRId64, *(const int64_t *)at);
    else
        snprintf(buf, 24, "%" PRId32, *(const int32_t *)at);
    return buf;
}

static json_t *write_map(struct writing *w, const ProtobufCFieldDescriptor *f,
                         ProtobufCMessage *const *entries, size_t count)
{
    const ProtobufCMessageDescriptor *d = f->descriptor;
    json_t *object = json_object();
    char buf[24];
    for (size_t i = 0; i < count; i++) {
        const char *key = key_text(&d->fields[0], field_at(entries[i], &d->fields[0]), buf);
        json_t *value = write_value(w, &d->fields[1], field_at(entries[i], &d->fields[1]));
        if (!value) {
            json_decref(object);
            return NULL;
        }
        json_object_set_new(object, key, value); /* fails for a key that is not UTF-8: left out */
    }
    return object;
}

static json_t *write_list(struct writing *w, const ProtobufCFieldDescriptor *f, const char *at,
                          size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, write_value(w, f, at + i * field_size(f))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Whether the field has its say at all. */
static bool is_written(const struct writing *w, const ProtobufCMessage *m,
                       const ProtobufCFieldDescriptor *f)
{
    if (field_is_oneof(f))
        return *(const uint32_t *)field_quantifier(m, f) == f->id;
    if (w->style == PBJSON_SNAKE)
        return true;
    if (field_is_repeated(f))
        return *(const size_t *)field_quantifier(m, f) > 0;
    return !is_default(f, field_at(m, f));
}

static json_t *write_field(struct writing *w, const ProtobufCMessage *m,
                           const ProtobufCFieldDescriptor *f)
{
    void *at = field_at(m, f);
    if (field_is_repeated(f)) {
        size_t count = *(const size_t *)field_quantifier(m, f);
        if (field_is_map(f))
            return write_map(w, f, *(ProtobufCMessage *const **)at, count);
        return write_list(w, f, *(const char *const *)at, count);
    }
    if (f->type == PROTOBUF_C_TYPE_MESSAGE && !*(ProtobufCMessage **)at)
        return json_null();
    return write_value(w, f, at);
}

static json_t *write_message(struct writing *w, const ProtobufCMessage *m)
{
    char camel[FIELD_NAME];
    json_t *object = m && w->depth < PBJSON_DEPTH_MAX ? json_object() : NULL;
    w->depth++;
    for (unsigned i = 0; object && i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (!is_written(w, m, f))
            continue;
        const char *name = w->style == PBJSON_SNAKE ? f->name : field_camel_name(f, camel);
        if (json_object_set_new(object, name, write_field(w, m, f)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    w->depth--;
    return object;
}

json_t *pbjson_from_message(const ProtobufCMessage *m, enum pbjson_style style)
{
    struct writing w = {.style = style};
    return write_message(&w, m);
}

char *pbjson_write(const ProtobufCMessage *m, enum pbjson_style style)
{
    json_t *object = pbjson_from_message(m, style);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

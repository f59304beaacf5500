/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pbjson/field.h"

#include <ctype.h>
#include <string.h>

const char *field_camel_name(const ProtobufCFieldDescriptor *f, char out[static FIELD_NAME])
{
    size_t n = 0;
    bool capital = false;
    for (const char *c = f->name; *c && n + 1 < FIELD_NAME; c++) {
        if (*c == '_') {
            capital = true;
            continue;
        }
        out[n++] = capital ? (char)toupper((unsigned char)*c) : *c;
        capital = false;
    }
    out[n] = 0;
    return out;
}

size_t field_size(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

bool field_is_map(const ProtobufCFieldDescriptor *f)
{
    if (!field_is_repeated(f) || f->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *d = f->descriptor;
    size_t n = strlen(d->short_name);
    return n > 5 && strcmp(d->short_name + n - 5, "Entry") == 0 && d->n_fields == 2 &&
           strcmp(d->fields[0].name, "key") == 0 && strcmp(d->fields[1].name, "value") == 0;
}

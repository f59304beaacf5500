/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How protobuf-c lays fields out.
 */
#ifndef SLUICE_COMMON_PBJSON_FIELD_H
#define SLUICE_COMMON_PBJSON_FIELD_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define FIELD_NAME 128

/* The name in lowerCamelCase: underscores go, the letter behind each becomes a capital. */
const char *field_camel_name(const ProtobufCFieldDescriptor *f, char out[static FIELD_NAME]);

/* Bytes of one value; for repeated fields of one element. */
size_t field_size(const ProtobufCFieldDescriptor *f);

/* True for a map: repeated messages "...Entry" of a key and a value. */
bool field_is_map(const ProtobufCFieldDescriptor *f);

static inline bool field_is_repeated(const ProtobufCFieldDescriptor *f)
{
    return f->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool field_is_oneof(const ProtobufCFieldDescriptor *f)
{
    return (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Where the value is in a message. */
static inline void *field_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return (char *)m + f->offset;
}

/* The count of a repeated field, the case of a oneof (uint32_t), or the has_ flag. */
static inline void *field_quantifier(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return (char *)m + f->quantifier_offset;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf messages as JSON and back, by protobuf-c's descriptors (the proto3 JSON mapping of
 * protobuf.dev/programming-guides/json): enums by name, 64-bit integers as strings, bytes in
 * base64, maps as objects. Well-known types are not treated specially.
 */
#ifndef SLUICE_COMMON_PBJSON_PBJSON_H
#define SLUICE_COMMON_PBJSON_PBJSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#define PBJSON_TEXT_MAX   (1u << 20)  /* bytes of a text to read */
#define PBJSON_MEMORY_MAX (16u << 20) /* bytes that a message read from it may take */
#define PBJSON_DEPTH_MAX  32          /* messages within messages */
#define PBJSON_ERROR      160

enum pbjson_style {
    PBJSON_CAMEL, /* camelCase, defaults left out: signalling frames and webhooks */
    PBJSON_SNAKE, /* names as in the schema, every field: Twirp */
};

/* A new object; NULL if memory is out or the message is nested too deep. Bytes of strings that are
 * not UTF-8 are replaced by '?'. */
json_t *pbjson_from_message(const ProtobufCMessage *m, enum pbjson_style style);

/* The same as compact text from malloc. */
char *pbjson_write(const ProtobufCMessage *m, enum pbjson_style style);

/* A new message: free it with protobuf_c_message_free_unpacked(m, NULL). Both kinds of names are
 * known, unknown fields and unknown names of enums are passed over, null is absent. NULL with a
 * reason if a value has the wrong type or a limit is passed. */
ProtobufCMessage *pbjson_to_message(const ProtobufCMessageDescriptor *d, const json_t *object,
                                    char err[static PBJSON_ERROR]);

/* The same from text. */
ProtobufCMessage *pbjson_read(const ProtobufCMessageDescriptor *d, const char *text, size_t length,
                              char err[static PBJSON_ERROR]);

#endif

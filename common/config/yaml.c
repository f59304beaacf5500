/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "common/config/file.h"
#include "common/config/schema.h"

struct reading {
    struct config *c;
    const struct yaml_options *o;
    struct yaml_given *given;
    yaml_document_t *document;
    bool seen[SCHEMA_MAX]; /* by index in schema_keys */
    char *err;
};

static bool fail_at(struct reading *r, yaml_mark_t at, const char *path, const char *reason)
{
    snprintf(r->err, CONFIG_ERROR_TEXT, "%s:%zu:%zu: %.200s%s%s", r->o->name, at.line + 1,
             at.column + 1, path, *path ? ": " : "", reason);
    return false;
}

static bool fail(struct reading *r, const yaml_node_t *node, const char *path, const char *reason)
{
    return fail_at(r, node->start_mark, path, reason);
}

static yaml_node_t *node_at(struct reading *r, int index)
{
    return yaml_document_get_node(r->document, index);
}

/* The text of a scalar, or NULL for other nodes and texts with a NUL inside. */
static const char *text_of(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (node->type != YAML_SCALAR_NODE || strlen(text) != node->data.scalar.length)
        return NULL;
    return text;
}

static bool is_null(const yaml_node_t *node)
{
    const char *text = text_of(node);
    return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0);
}

/* --- structures --- */

static bool read_list(struct reading *r, const yaml_node_t *node, const char *path,
                      struct config_list *list)
{
    char reason[SCHEMA_REASON];
    list->n = 0;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        const yaml_node_t *item = node_at(r, *i);
        const char *text = text_of(item);
        if (!text)
            return fail(r, item, path, "not a text");
        if (!schema_append(list, text, reason))
            return fail(r, item, path, reason);
    }
    return true;
}

static bool read_keys(struct reading *r, const yaml_node_t *node, const char *path)
{
    char reason[SCHEMA_REASON];
    if (node->type != YAML_MAPPING_NODE)
        return fail(r, node, path, "not a mapping of keys to secrets");
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = node_at(r, p->key);
        const char *k = text_of(key), *secret = text_of(node_at(r, p->value));
        if (!k || !secret)
            return fail(r, key, path, "a key or its secret is not a text");
        if (!schema_add_key(r->c, k, secret, reason))
            return fail(r, key, path, reason);
    }
    return true;
}

/* One entry of a list of mappings: calls `field` for each of its pairs. */
static bool read_entry(struct reading *r, const yaml_node_t *entry, const char *path, void *into,
                       bool (*field)(struct reading *r, void *into, const char *name,
                                     const char *text, char *reason))
{
    char reason[SCHEMA_REASON];
    if (entry->type != YAML_MAPPING_NODE)
        return fail(r, entry, path, "not a mapping");
    for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = node_at(r, p->key), *value = node_at(r, p->value);
        const char *name = text_of(key), *text = text_of(value);
        if (!name || !text)
            return fail(r, key, path, "not a text");
        if (!is_null(value) && !field(r, into, name, text, reason))
            return fail(r, key, path, reason);
    }
    return true;
}

static bool unknown_field(struct reading *r, const char *name, char *reason)
{
    snprintf(reason, SCHEMA_REASON, "unknown key %.100s", name);
    return !r->o->strict;
}

static bool codec_field(struct reading *r, void *into, const char *name, const char *text,
                        char *reason)
{
    if (strcmp(name, "mime") == 0)
        return schema_append(into, text, reason);
    return strcmp(name, "fmtp_line") == 0 || unknown_field(r, name, reason);
}

static bool read_codecs(struct reading *r, const yaml_node_t *node, const char *path)
{
    r->c->room.enabled_codecs.n = 0;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        if (!read_entry(r, node_at(r, *i), path, &r->c->room.enabled_codecs, codec_field))
            return false;
    }
    return true;
}

static bool read_secret_file(struct reading *r, struct config_turn_server *t, const char *path,
                             char *reason)
{
    char text[CONFIG_TEXT];
    if (!r->o->secret_files || !file_read_secret(path, text, sizeof(text), reason)) {
        if (!r->o->secret_files)
            snprintf(reason, SCHEMA_REASON, "secret_file is for files only");
        return false;
    }
    text[strcspn(text, "\r\n")] = 0;
    return schema_copy(t->secret, sizeof(t->secret), text, reason);
}

static bool turn_field(struct reading *r, void *into, const char *name, const char *text,
                       char *reason)
{
    struct config_turn_server *t = into;
    const struct schema_key port = {.type = SCHEMA_NUMBER, .size = sizeof(t->port)};
    const struct schema_key ttl = {.type = SCHEMA_LIMIT, .size = sizeof(t->ttl)};
    if (strcmp(name, "host") == 0)
        return schema_copy(t->host, sizeof(t->host), text, reason);
    if (strcmp(name, "protocol") == 0)
        return schema_copy(t->protocol, sizeof(t->protocol), text, reason);
    if (strcmp(name, "username") == 0)
        return schema_copy(t->username, sizeof(t->username), text, reason);
    if (strcmp(name, "credential") == 0)
        return schema_copy(t->credential, sizeof(t->credential), text, reason);
    if (strcmp(name, "secret") == 0)
        return schema_copy(t->secret, sizeof(t->secret), text, reason);
    if (strcmp(name, "secret_file") == 0)
        return read_secret_file(r, t, text, reason);
    if (strcmp(name, "port") == 0)
        return schema_set_number(&t->port, &port, text, reason);
    if (strcmp(name, "ttl") == 0)
        return schema_set_number(&t->ttl, &ttl, text, reason);
    return unknown_field(r, name, reason);
}

static bool read_turn_servers(struct reading *r, const yaml_node_t *node, const char *path)
{
    struct config_rtc *rtc = &r->c->rtc;
    rtc->n_turn_servers = 0;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++) {
        if (rtc->n_turn_servers == CONFIG_LIST)
            return fail(r, node, path, "more servers than fit");
        struct config_turn_server *t = &rtc->turn_servers[rtc->n_turn_servers++];
        *t = (struct config_turn_server){0};
        if (!read_entry(r, node_at(r, *i), path, t, turn_field))
            return false;
    }
    return true;
}

static bool read_structure(struct reading *r, const struct schema_key *key, const yaml_node_t *node)
{
    if (key->type == SCHEMA_KEYS) {
        r->given->keys = true;
        r->c->n_keys = 0;
        return read_keys(r, node, key->path);
    }
    if (node->type != YAML_SEQUENCE_NODE)
        return fail(r, node, key->path, "not a list");
    if (key->type == SCHEMA_CODECS)
        return read_codecs(r, node, key->path);
    return read_turn_servers(r, node, key->path);
}

/* --- the tree --- */

/* Four keys write to two members: which of them hold is settled after the last one. */
static void note_ports(struct reading *r, const struct schema_key *key)
{
    const struct config_rtc *rtc = &r->c->rtc;
    if (strcmp(key->path, "rtc.port_range_start") == 0)
        r->given->range_first = rtc->udp_port_first;
    if (strcmp(key->path, "rtc.port_range_end") == 0)
        r->given->range_last = rtc->udp_port_last;
    if (strcmp(key->path, "rtc.udp_port") == 0) {
        r->given->mux_first = rtc->udp_port_first;
        r->given->mux_last = rtc->udp_port_last;
    }
}

static bool read_value(struct reading *r, const struct schema_key *key, const yaml_node_t *node)
{
    char reason[SCHEMA_REASON];
    if (is_null(node) || key->type == SCHEMA_ELSEWHERE)
        return true;
    if (key->type == SCHEMA_IGNORED) {
        schema_note_ignored(r->c, key->path);
        return true;
    }
    if (!schema_is_scalar(key))
        return read_structure(r, key, node);
    if (key->type == SCHEMA_LIST && node->type == YAML_SEQUENCE_NODE)
        return read_list(r, node, key->path, (void *)((char *)r->c + key->offset));
    const char *text = text_of(node);
    if (!text)
        return fail(r, node, key->path, "not one value");
    if (!schema_set(r->c, key, text, reason))
        return fail(r, node, key->path, reason);
    note_ports(r, key);
    return true;
}

static bool read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix);

static bool read_pair(struct reading *r, const yaml_node_t *name, const yaml_node_t *value,
                      const char *prefix)
{
    char path[CONFIG_TEXT];
    const char *text = text_of(name);
    int n = snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", text ? text : "");
    if (!text || n < 0 || (size_t)n >= sizeof(path) || strchr(text, '.'))
        return fail(r, name, prefix, "a key that is not a plain name");
    const struct schema_key *key = schema_find(path);
    if (key) {
        bool *seen = &r->seen[key - schema_keys];
        if (*seen)
            return fail(r, name, path, "given twice");
        *seen = true;
        return read_value(r, key, value);
    }
    if (schema_is_section(path))
        return is_null(value) || read_mapping(r, value, path);
    if (r->o->strict)
        return fail(r, name, path, "unknown key");
    schema_note_ignored(r->c, path);
    return true;
}

static bool read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix)
{
    if (node->type != YAML_MAPPING_NODE)
        return fail(r, node, prefix, "not a mapping of keys to values");
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        if (!read_pair(r, node_at(r, p->key), node_at(r, p->value), prefix))
            return false;
    }
    return true;
}

/* LiveKit takes the range if both are given. */
static void settle_ports(struct reading *r, uint16_t first, uint16_t last)
{
    struct config_rtc *rtc = &r->c->rtc;
    const struct yaml_given *g = r->given;
    if (g->range_first && g->mux_first)
        schema_note_ignored(r->c, "rtc.udp_port");
    if (g->range_first) {
        first = g->range_first;
        last = g->range_last ? g->range_last : g->range_first;
    } else if (g->mux_first) {
        first = g->mux_first;
        last = g->mux_last;
    }
    rtc->udp_port_first = first;
    rtc->udp_port_last = last;
}

/* --- documents --- */

typedef bool root_reader(struct reading *r, const yaml_node_t *root);

static bool read_document(struct reading *r, const char *body, size_t length, root_reader *read)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (length > YAML_BODY_MAX || !yaml_parser_initialize(&parser)) {
        snprintf(r->err, CONFIG_ERROR_TEXT, "%s: too large", r->o->name);
        return false;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)body, length);
    if (!yaml_parser_load(&parser, &document)) {
        bool failed =
            fail_at(r, parser.problem_mark, "", parser.problem ? parser.problem : "out of memory");
        yaml_parser_delete(&parser);
        return failed;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    r->document = &document;
    bool ok = !root || is_null(root) || read(r, root);
    r->document = NULL;
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return ok;
}

static bool read_config(struct reading *r, const yaml_node_t *root)
{
    uint16_t first = r->c->rtc.udp_port_first, last = r->c->rtc.udp_port_last;
    bool ok = read_mapping(r, root, "");
    settle_ports(r, first, last);
    return ok;
}

static bool read_keys_only(struct reading *r, const yaml_node_t *root)
{
    return read_keys(r, root, "");
}

bool yaml_read(struct config *c, const char *body, size_t length, const struct yaml_options *o,
               struct yaml_given *given, char err[static CONFIG_ERROR_TEXT])
{
    struct reading r = {.c = c, .o = o, .given = given, .err = err};
    return read_document(&r, body, length, read_config);
}

bool yaml_read_keys(struct config *c, const char *body, size_t length, const char *name,
                    char err[static CONFIG_ERROR_TEXT])
{
    struct yaml_options o = {.name = name, .strict = true};
    struct yaml_given given = {0};
    struct reading r = {.c = c, .o = &o, .given = &given, .err = err};
    return read_document(&r, body, length, read_keys_only);
}

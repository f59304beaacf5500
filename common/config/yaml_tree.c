/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/yaml_tree.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define DEPTH_MAX 16
#define NODES_MAX 10000
#define BODY_MAX  (1u << 20)

struct reading {
    yaml_document_t *document;
    unsigned nodes;
    char *reason;
};

static json_t *fail(struct reading *r, const yaml_node_t *node, const char *words)
{
    snprintf(r->reason, YAML_TREE_REASON, "%zu:%zu: %s", node->start_mark.line + 1,
             node->start_mark.column + 1, words);
    return NULL;
}

static json_t *read_node(struct reading *r, int index, unsigned depth);

static json_t *read_scalar(struct reading *r, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (!*text || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0))
        return json_null();
    json_t *v = strlen(text) == node->data.scalar.length ? json_string(text) : NULL;
    return v ? v : fail(r, node, "not a text");
}

static json_t *read_sequence(struct reading *r, const yaml_node_t *node, unsigned depth)
{
    json_t *list = json_array();
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        json_t *item = read_node(r, *i, depth + 1);
        if (!item || json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *read_mapping(struct reading *r, const yaml_node_t *node, unsigned depth)
{
    json_t *object = json_object();
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
        const char *name = key->type == YAML_SCALAR_NODE ? (char *)key->data.scalar.value : NULL;
        json_t *value = NULL;
        if (!name || json_object_get(object, name))
            fail(r, key, name ? "given twice" : "a key that is no text");
        else
            value = read_node(r, p->value, depth + 1);
        if (!value || json_object_set_new(object, name, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *read_node(struct reading *r, int index, unsigned depth)
{
    const yaml_node_t *node = yaml_document_get_node(r->document, index);
    if (depth > DEPTH_MAX || ++r->nodes > NODES_MAX)
        return fail(r, node, "too much");
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return read_scalar(r, node);
    case YAML_SEQUENCE_NODE:
        return read_sequence(r, node, depth);
    case YAML_MAPPING_NODE:
        return read_mapping(r, node, depth);
    default:
        return fail(r, node, "neither text, list nor mapping");
    }
}

json_t *yaml_tree(const char *body, size_t length, char reason[static YAML_TREE_REASON])
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct reading r = {.document = &document, .reason = reason};
    snprintf(reason, YAML_TREE_REASON, "too large");
    if (length > BODY_MAX || !yaml_parser_initialize(&parser))
        return NULL;
    yaml_parser_set_input_string(&parser, (const unsigned char *)body, length);
    if (!yaml_parser_load(&parser, &document)) {
        snprintf(reason, YAML_TREE_REASON, "%zu:%zu: %s", parser.problem_mark.line + 1,
                 parser.problem_mark.column + 1, parser.problem ? parser.problem : "not YAML");
        yaml_parser_delete(&parser);
        return NULL;
    }
    json_t *tree = yaml_document_get_root_node(&document) ? read_node(&r, 1, 0) : json_object();
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return tree;
}

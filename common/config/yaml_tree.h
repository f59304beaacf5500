/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML document as a tree of jansson's: mappings, sequences, and every scalar as a text (null for
 * an empty one).
 */
#ifndef SLUICE_COMMON_CONFIG_YAML_TREE_H
#define SLUICE_COMMON_CONFIG_YAML_TREE_H

#include <jansson.h>
#include <stddef.h>

#define YAML_TREE_REASON 160

/* NULL with a reason ("line:column: words") if it is no YAML, nested deeper than 16, has more than
 * 10,000 nodes (aliases count as what they stand for), or keys that are no plain texts. */
json_t *yaml_tree(const char *body, size_t length, char reason[static YAML_TREE_REASON]);

#endif

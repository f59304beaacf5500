/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both processes know of rooms, participants and tracks, put together. As JSON an object is
 *   {"room_sid" | "participant" | "track": sid, "media": line, "signalling": line}
 * with the lines of docs/stats.md from the dataplane and from control; null where it knows nothing.
 */
#ifndef SLUICE_TOOLS_SLUICECTL_VIEW_H
#define SLUICE_TOOLS_SLUICECTL_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "tools/sluicectl/command.h"

struct view {
    json_t *media, *signalling; /* lines, or NULL: that process did not answer */
};

/* Asks both for `get`. STATUS_NO_ANSWER after saying why if neither answers; STATUS_NOT_FOUND if
 * they know nothing of the room (or participant) that was asked for. One that does not answer is
 * told on stderr unless JSON is wanted. */
enum status view_load(const struct invocation *v, const char *get, const char *room,
                      const char *participant, struct view *view);
void view_free(struct view *view);

/* All objects of a kind ("room", "participant", "track", "subscription") as above: a new array, in
 * the dataplane's order. Subscriptions are the dataplane's lines as they are. */
json_t *view_objects(const struct view *view, const char *kind);

/* {"dataplane": true, "control": false}: who answered. A new object. */
json_t *view_root(const struct view *view);

/* A field of an object: of "media" if it is there, else of "signalling"; NULL if nowhere. */
const json_t *view_field(const json_t *object, const char *name);
const char *view_text(const json_t *object, const char *name); /* NULL: none */
double view_number(const json_t *object, const char *name);    /* 0: none */

/* The same of a direction: object.media.in.bps. */
double view_flow(const json_t *object, const char *direction, const char *name);

#endif

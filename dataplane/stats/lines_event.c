/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/lines.h"

json_t *line_event(const struct stats_event *e)
{
    json_t *o = line_new("event");
    line_text(o, "source", "dataplane");
    line_count(o, "seq", e->number);
    line_time(o, "unix_us", e->at);
    line_text(o, "event", e->kind);
    line_name(o, "room", e->room);
    line_name(o, "room_sid", e->room_sid);
    line_name(o, "participant", e->participant);
    line_name(o, "identity", e->identity);
    line_name(o, "track", e->track);
    line_name(o, "text", e->text);
    return o;
}

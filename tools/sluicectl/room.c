/* SPDX-License-Identifier: Apache-2.0 */
/* `room NAME`: who is in it, what is published, what is sent to whom. */
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/participant_table.h"
#include "tools/sluicectl/room_table.h"
#include "tools/sluicectl/view.h"

#include "common/clock.h"

struct parts {
    json_t *room, *participants, *tracks, *subscriptions;
};

static void print_json(const struct view *view, const struct parts *p)
{
    json_t *root = view_root(view);
    json_object_update(root, p->room);
    json_object_set(root, "participants", p->participants);
    json_object_set(root, "tracks", p->tracks);
    json_object_set(root, "subscriptions", p->subscriptions);
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

static void print_words(const struct invocation *v, const struct parts *p)
{
    struct table t;
    room_table_begin(&t);
    if (p->room)
        room_table_row(&t, p->room, (double)clock_realtime());
    table_print(&t, stdout);
    table_end(&t);
    print_participants(p->participants);
    print_tracks(p->tracks);
    if (option_given(v, "subscriptions"))
        print_subscriptions(p->subscriptions);
}

static enum status run(const struct invocation *v)
{
    struct view view;
    enum status status = view_load(v, "room", v->arguments[0], NULL, &view);
    if (status != STATUS_OK)
        return status;
    json_t *rooms = view_objects(&view, "room");
    const struct parts p = {json_array_get(rooms, 0), view_objects(&view, "participant"),
                            view_objects(&view, "track"), view_objects(&view, "subscription")};
    if (v->json)
        print_json(&view, &p);
    else
        print_words(v, &p);
    json_decref(rooms);
    json_decref(p.participants);
    json_decref(p.tracks);
    json_decref(p.subscriptions);
    view_free(&view);
    return STATUS_OK;
}

static const struct command_option own_options[] = {
    {"subscriptions", NULL, "also what each participant gets of each track (JSON has it always)",
     COMPLETE_NOTHING},
    {0},
};

const struct command command_room = {
    .name = "room",
    .arguments = "ROOM",
    .least = 1,
    .most = 1,
    .summary = "one room: its participants and tracks",
    .details = "PATH is how the participant's packets come in; LOSS is of the last second.",
    .options = own_options,
    .run = run,
};

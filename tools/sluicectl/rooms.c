/* SPDX-License-Identifier: Apache-2.0 */
/* `rooms`: a line each. */
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/format.h"
#include "tools/sluicectl/room_table.h"
#include "tools/sluicectl/view.h"

#include "common/clock.h"

void room_table_begin(struct table *t)
{
    table_begin(t, "ROOM|>PARTICIPANTS|>PUBLISHERS|>TRACKS|>SUBSCRIPTIONS|>IN bit/s|>OUT bit/s|"
                   ">LOSS|>OPEN FOR");
}

void room_table_row(struct table *t, const json_t *room, double unix_us)
{
    char buf[FORMAT_TEXT];
    const json_t *opened = view_field(room, "opened_unix_us");
    if (!opened)
        opened = view_field(room, "created_unix_us");
    table_text(t, view_text(room, "room"));
    table_cell(t, "%.0f", view_number(room, "participants"));
    table_cell(t, "%.0f", view_number(room, "publishers"));
    table_cell(t, "%.0f", view_number(room, "tracks"));
    table_cell(t, "%.0f", view_number(room, "subscriptions"));
    table_cell(t, "%s", format_bps(view_flow(room, "in", "bps"), buf));
    table_cell(t, "%s", format_bps(view_flow(room, "out", "bps"), buf));
    table_cell(t, "%.1f%%", view_flow(room, "in", "loss_percent"));
    table_cell(t, "%s", format_age((unix_us - json_number_value(opened)) / 1e6, buf));
}

static void print_names(const json_t *rooms)
{
    size_t i;
    json_t *room;
    json_array_foreach(rooms, i, room)
    {
        const char *name = view_text(room, "room");
        if (name)
            puts(name);
    }
}

static void print_table(const json_t *rooms)
{
    struct table t;
    size_t i;
    json_t *room;
    if (json_array_size(rooms) == 0) {
        puts("no rooms");
        return;
    }
    room_table_begin(&t);
    json_array_foreach(rooms, i, room) room_table_row(&t, room, (double)clock_realtime());
    table_print(&t, stdout);
    table_end(&t);
}

static enum status run(const struct invocation *v)
{
    struct view view;
    enum status status = view_load(v, "rooms", NULL, NULL, &view);
    if (status != STATUS_OK)
        return status;
    json_t *rooms = view_objects(&view, "room");
    if (v->json) {
        json_t *root = view_root(&view);
        json_object_set(root, "rooms", rooms);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
    } else if (option_given(v, "names")) {
        print_names(rooms);
    } else {
        print_table(rooms);
    }
    json_decref(rooms);
    view_free(&view);
    return STATUS_OK;
}

static const struct command_option own_options[] = {
    {"names", NULL, "the names alone, one a line", COMPLETE_NOTHING},
    {0},
};

const struct command command_rooms = {
    .name = "rooms",
    .arguments = "",
    .summary = "the rooms, with their participants and rates",
    .details = "Works with control stopped, and with the dataplane stopped (without rates).\n"
               "LOSS is what did not arrive from publishers in the last second.",
    .options = own_options,
    .run = run,
};

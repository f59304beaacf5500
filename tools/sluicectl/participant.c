/* SPDX-License-Identifier: Apache-2.0 */
/* `participant ROOM IDENTITY`: everything about one of them. */
#include <string.h>

#include "common/clock.h"
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/format.h"
#include "tools/sluicectl/participant_table.h"
#include "tools/sluicectl/view.h"

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s && *s ? s : "-";
}

/* "label  value", with what strangers chose made harmless. */
static void line(const char *label, const char *value)
{
    char clean[512];
    if (value && *value)
        printf("%-14s %s\n", label, format_clean(value, clean, sizeof(clean)));
}

static void time_line(const char *label, const json_t *us)
{
    char buf[FORMAT_TEXT];
    if (json_is_number(us))
        line(label, format_us(json_number_value(us), buf));
}

static void flow_line(const char *label, const json_t *p, const char *direction)
{
    char rate[FORMAT_TEXT], packets[FORMAT_TEXT];
    if (json_object_get(json_object_get(p, "media"), direction))
        printf("%-14s %sbit/s, %s packets so far, %.1f %% lost\n", label,
               format_bps(view_flow(p, direction, "bps"), rate),
               format_count(view_flow(p, direction, "packets"), packets),
               view_flow(p, direction, "loss_percent"));
}

static void print_client(const json_t *s)
{
    if (!json_is_object(s))
        return;
    printf("%-14s %s %s, protocol %lld, %s %s\n", "client", text(s, "sdk"), text(s, "sdk_version"),
           (long long)json_integer_value(json_object_get(s, "protocol")), text(s, "browser"),
           text(s, "os"));
    printf("%-14s %s%s\n", "signalling", text(s, "state"),
           json_is_true(json_object_get(s, "signalling")) ? "" : ", no WebSocket");
    printf("%-14s%s%s%s%s\n", "may",
           json_is_true(json_object_get(s, "can_publish")) ? " publish" : "",
           json_is_true(json_object_get(s, "can_subscribe")) ? " subscribe" : "",
           json_is_true(json_object_get(s, "can_publish_data")) ? " send data" : "",
           json_is_true(json_object_get(s, "hidden")) ? " (hidden)" : "");
    line("quality", json_string_value(json_object_get(s, "quality")));
}

static void print_candidates(const json_t *transport)
{
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(transport, "candidates"), i, c)
        printf("    %s %-4s %s -> %s\n", json_is_true(json_object_get(c, "selected")) ? "*" : " ",
               text(c, "protocol"), text(c, "remote"), text(c, "local"));
}

static void print_transports(const json_t *p)
{
    size_t i;
    json_t *t;
    char buf[FORMAT_TEXT];
    json_array_foreach(json_object_get(json_object_get(p, "media"), "transports"), i, t)
    {
        const json_t *rtt = json_object_get(t, "rtt_us"), *bps = json_object_get(t, "estimate_bps");
        printf("\ntransport (%s): %s, %s %s", text(t, "transport"), text(t, "state"),
               text(t, "protocol"), text(t, "remote"));
        if (json_is_number(rtt))
            printf(", RTT %s", format_us(json_number_value(rtt), buf));
        if (json_is_number(bps))
            printf(", estimated bandwidth %sbit/s", format_bps(json_number_value(bps), buf));
        printf(", %s%s%s\n", text(t, "srtp"),
               json_is_true(json_object_get(t, "data")) ? ", data channels open" : "",
               json_is_true(json_object_get(t, "silent")) ? ", SILENT" : "");
        print_candidates(t);
    }
}

static void print_words(const json_t *p, const json_t *tracks, const json_t *subscriptions)
{
    char buf[FORMAT_TEXT];
    const json_t *opened = view_field(p, "opened_unix_us");
    line("identity", view_text(p, "identity"));
    line("name", view_text(p, "name"));
    line("sid", json_string_value(json_object_get(p, "participant")));
    line("room", view_text(p, "room"));
    if (!opened)
        opened = view_field(p, "joined_unix_us");
    if (json_is_number(opened))
        line("there for",
             format_age(((double)clock_realtime() - json_number_value(opened)) / 1e6, buf));
    line("media", json_string_value(json_object_get(json_object_get(p, "media"), "state")));
    print_client(json_object_get(p, "signalling"));
    time_line("RTT", view_field(p, "rtt_us"));
    flow_line("in", p, "in");
    flow_line("out", p, "out");
    print_transports(p);
    print_tracks(tracks);
    print_subscriptions(subscriptions);
}

static enum status run(const struct invocation *v)
{
    struct view view;
    enum status status = view_load(v, "participant", v->arguments[0], v->arguments[1], &view);
    if (status != STATUS_OK)
        return status;
    json_t *found = view_objects(&view, "participant"), *tracks = view_objects(&view, "track"),
           *subscriptions = view_objects(&view, "subscription"), *p = json_array_get(found, 0);
    if (v->json) {
        json_t *root = view_root(&view);
        json_object_update(root, p);
        json_object_set(root, "tracks", tracks);
        json_object_set(root, "subscriptions", subscriptions);
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(root);
    } else {
        print_words(p, tracks, subscriptions);
    }
    json_decref(found);
    json_decref(tracks);
    json_decref(subscriptions);
    view_free(&view);
    return STATUS_OK;
}

const struct command command_participant = {
    .name = "participant",
    .arguments = "ROOM IDENTITY",
    .least = 2,
    .most = 2,
    .summary = "one participant: client, connections, tracks, subscriptions",
    .details =
        "IDENTITY may be a sid (PA_...) too. \"*\" marks the candidate pair in use; the others\n"
        "are those from which connectivity checks came. LAYER is spatial/temporal, and the\n"
        "highest that the subscriber wants.",
    .run = run,
};

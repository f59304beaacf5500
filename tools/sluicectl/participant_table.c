/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/participant_table.h"

#include <stdio.h>
#include <string.h>

#include "tools/sluicectl/format.h"
#include "tools/sluicectl/view.h"

static double number(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static void time_cell(struct table *t, const json_t *us)
{
    char buf[FORMAT_TEXT];
    table_text(t, json_is_number(us) ? format_us(json_number_value(us), buf) : NULL);
}

static void bps_cell(struct table *t, double bps)
{
    char buf[FORMAT_TEXT];
    table_cell(t, "%s", format_bps(bps, buf));
}

/* --- participants --- */

/* "udp 203.0.113.9:50000": where the one that receives most comes from. */
static void path_cell(struct table *t, const json_t *participant)
{
    const json_t *transports = json_object_get(json_object_get(participant, "media"), "transports");
    const json_t *first = json_array_get(transports, 0);
    const char *protocol = text(first, "protocol"), *remote = text(first, "remote");
    char path[TABLE_CELL];
    snprintf(path, sizeof(path), "%s %s", protocol ? protocol : "", remote ? remote : "");
    table_text(t, remote ? path : NULL);
}

static void client_cell(struct table *t, const json_t *participant)
{
    const json_t *s = json_object_get(participant, "signalling");
    const char *sdk = text(s, "sdk"), *version = text(s, "sdk_version"),
               *browser = text(s, "browser");
    char client[TABLE_CELL];
    snprintf(client, sizeof(client), "%s%s%s%s%s", sdk ? sdk : "", version ? " " : "",
             version ? version : "", browser && *browser ? ", " : "",
             browser && *browser ? browser : "");
    table_text(t, sdk ? client : NULL);
}

void participant_table(struct table *t, const json_t *participants)
{
    size_t i;
    json_t *p;
    table_begin(t, "IDENTITY|STATE|PATH|>RTT|>TRACKS|>SUBSCRIPTIONS|>IN bit/s|>OUT bit/s|>LOSS|"
                   "QUALITY|CLIENT");
    json_array_foreach(participants, i, p)
    {
        table_text(t, view_text(p, "identity"));
        table_text(t, view_text(p, "state"));
        path_cell(t, p);
        time_cell(t, view_field(p, "rtt_us"));
        table_cell(t, "%.0f", view_number(p, "tracks"));
        table_cell(t, "%.0f", view_number(p, "subscriptions"));
        bps_cell(t, view_flow(p, "in", "bps"));
        bps_cell(t, view_flow(p, "out", "bps"));
        table_cell(t, "%.1f%%", view_flow(p, "in", "loss_percent"));
        table_text(t, text(json_object_get(p, "signalling"), "quality"));
        client_cell(t, p);
    }
}

void print_participants(const json_t *participants)
{
    struct table t;
    if (json_array_size(participants) == 0)
        return;
    participant_table(&t, participants);
    printf("\nparticipants\n");
    table_print(&t, stdout);
    table_end(&t);
}

/* --- tracks --- */

/* "q 150k, h 500k, f -": what arrives of each layer. */
static void layers_cell(struct table *t, const json_t *track)
{
    const json_t *layers = json_object_get(json_object_get(track, "media"), "layers"), *l;
    char out[TABLE_CELL] = "", buf[FORMAT_TEXT], name[16];
    size_t i, at = 0;
    json_array_foreach(layers, i, l)
    {
        const char *rid = text(l, "rid");
        snprintf(name, sizeof(name), "%.0f", number(l, "layer"));
        if (at < sizeof(out))
            at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s %s", at ? ", " : "",
                                   rid && *rid ? rid : name, format_bps(number(l, "bps"), buf));
    }
    table_text(t, json_array_size(layers) > 1 ? out : NULL);
}

void print_tracks(const json_t *tracks)
{
    struct table t;
    size_t i;
    json_t *track;
    if (json_array_size(tracks) == 0)
        return;
    table_begin(&t, "TRACK|OF|SOURCE|CODEC|STATE|>IN bit/s|LAYERS|>LOSS|>JITTER|>SUBSCRIBERS");
    json_array_foreach(tracks, i, track)
    {
        table_text(&t, text(track, "track"));
        table_text(&t, view_text(track, "identity"));
        table_text(&t, view_text(track, "source"));
        table_text(&t, view_text(track, "mime"));
        table_cell(&t, "%s", json_is_true(view_field(track, "muted")) ? "muted" : "live");
        bps_cell(&t, view_number(track, "bps"));
        layers_cell(&t, track);
        table_cell(&t, "%.1f%%", view_number(track, "loss_percent"));
        time_cell(&t, view_field(track, "jitter_us"));
        table_cell(&t, "%.0f", view_number(track, "subscribers"));
    }
    printf("\ntracks\n");
    table_print(&t, stdout);
    table_end(&t);
}

/* --- subscriptions --- */

/* "1 of 2", or "1/0 of 2/2" with temporal layers. */
static void layer_cell(struct table *t, const json_t *s)
{
    const char *type = text(s, "type");
    const json_t *layer = json_object_get(s, "layer");
    if (!type || strcmp(type, "video") != 0 || !json_is_number(layer)) {
        table_text(t, NULL);
        return;
    }
    table_cell(t, "%.0f/%.0f of %.0f/%.0f", number(s, "layer"), number(s, "temporal"),
               number(s, "max_layer"), number(s, "max_temporal"));
}

void print_subscriptions(const json_t *subscriptions)
{
    struct table t;
    size_t i;
    json_t *s;
    if (json_array_size(subscriptions) == 0)
        return;
    table_begin(&t, "TRACK|FROM|TO|TYPE|STATE|CODEC|LAYER|>OUT bit/s|>LOSS|>RTT|>NACKS|>PLIS");
    json_array_foreach(subscriptions, i, s)
    {
        table_text(&t, text(s, "track"));
        table_text(&t, text(s, "publisher_identity"));
        table_text(&t, text(s, "identity"));
        table_text(&t, text(s, "type"));
        table_text(&t, text(s, "state"));
        table_text(&t, text(s, "mime"));
        layer_cell(&t, s);
        bps_cell(&t, number(s, "bps"));
        table_cell(&t, "%.1f%%", number(s, "loss_percent"));
        time_cell(&t, json_object_get(s, "rtt_us"));
        table_cell(&t, "%.0f", number(s, "nacks"));
        table_cell(&t, "%.0f", number(s, "plis"));
    }
    printf("\nsubscriptions\n");
    table_print(&t, stdout);
    table_end(&t);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What sluicectl reads of others: lines of the stats sockets, rulesets, tables of the kernel. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/doctor/network.h"
#include "tools/sluicectl/format.h"
#include "tools/sluicectl/participant_table.h"
#include "tools/sluicectl/top/frame.h"
#include "tools/sluicectl/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct screen screen;

static void draw(const struct sample *before, const struct sample *now, uint8_t shape)
{
    screen_begin(&screen, shape % 40, shape % 120);
    frame_render(before, now, shape & 1, &screen);
    for (size_t i = 0; i < screen.used; i++) {
        if (screen.columns > 0 && format_width(screen.line[i].text) > screen.columns)
            abort();
    }
    json_decref(frame_json(before, now));
}

/* Both samples are of the same lines, the process once the first and once the last. */
static void top(json_t *lines, uint8_t shape)
{
    struct view v = {.media = lines, .signalling = shape & 2 ? lines : NULL};
    size_t n = json_array_size(lines);
    struct sample before = {.process = json_array_get(lines, 0), .threads = lines},
                  now = {.process = json_array_get(lines, n > 0 ? n - 1 : 0),
                         .threads = lines,
                         .rooms = view_objects(&v, "room"),
                         .participants = view_objects(&v, "participant"),
                         .mono_us = 1e6};
    for (int i = 0; i < PROCESSES; i++)
        now.running[i].name = before.running[i].name = "process";
    draw(&before, &now, shape);
    json_decref(now.rooms);
    json_decref(now.participants);
}

static void doctor(json_t *root, uint16_t port)
{
    static struct config config;
    struct report report;
    report_begin(&report, true);
    struct network n = {.config = &config, .report = &report, .address = root};
    config.rtc.use_external_ip = true;
    judge_address(&n, 0);
    judge_ruleset(root, "udp", port);
    json_decref(report.findings);
}

static void texts(const char *text, uint16_t port)
{
    struct peer_usage u;
    char clean[64];
    socket_table_find(text, port, 0x0a);
    peer_usage_parse(text, &u);
    format_clean(text, clean, sizeof(clean));
    for (const char *c = clean; *c; c++) {
        if ((unsigned char)*c < ' ')
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint16_t port = (uint16_t)(data[1] << 8 | data[2]);
    char *text = strndup((const char *)data + 3, size - 3);
    json_t *root = json_loads(text, 0, NULL);
    texts(text, port);
    if (json_is_array(root))
        top(root, data[0]);
    if (json_is_object(root))
        doctor(root, port);
    json_decref(root);
    free(text);
    return 0;
}

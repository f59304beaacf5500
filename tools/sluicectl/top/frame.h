/* SPDX-License-Identifier: Apache-2.0 */
/* Two samples as a screenful, or as JSON. */
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_FRAME_H
#define SLUICE_TOOLS_SLUICECTL_TOP_FRAME_H

#include "tools/sluicectl/top/sample.h"
#include "tools/sluicectl/top/screen.h"

/* Fills a screen that has begun. `keys`: the last line says which keys there are. */
void frame_render(const struct sample *before, const struct sample *now, bool keys,
                  struct screen *s);

/* {"unix_us", "processes": [{"name", "pid", "state", "cpu_percent", "memory_bytes"}], "rates":
 * {"in_packets", "in_bps", "out_packets", "out_bps", "drops": {name: per second}}, "latency":
 * {class: {"p50_us", "p99_us"}}, "process", "rooms", "room", "participants"}. A new object. */
json_t *frame_json(const struct sample *before, const struct sample *now);

#endif

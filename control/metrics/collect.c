/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics/collect.h"

#include <stdio.h>

void metrics_collect(const struct metrics_sources *s, struct metrics_text *out)
{
    char constant[96];
    *out = (struct metrics_text){.constant = constant};
    snprintf(constant, sizeof constant, "node_id=\"%s\",node_type=\"SERVER\"", s->rooms->node_id);
    collect_rooms(s, out);
    collect_streams(s, out);
    collect_media(s, out);
    collect_dataplane(s, out);
    collect_server(s, out);
    collect_address(s, out);
    out->constant = "";
    collect_process(out);
    out->constant = NULL;
}

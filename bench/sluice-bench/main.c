/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice-bench: a load generator for LiveKit-compatible servers.
 */
#include "bench/sluice-bench/plot.h"
#include "bench/sluice-bench/run.h"
#include "common/log.h"

#include <stdlib.h>

static bool write_json(const struct report *r, const char *path)
{
    json_t *o = report_json(r);
    bool done = o && json_dump_file(o, path, JSON_INDENT(1)) == 0;
    json_decref(o);
    if (!done)
        log_error("report", "cannot write %s", path);
    return done;
}

/* What was asked for besides the table. False if a file could not be written. */
static bool write_files(const struct report *r)
{
    const struct settings *s = r->settings;
    bool json = s->json[0] == '\0' || write_json(r, s->json);
    bool png = s->png[0] == '\0' || plot_write(r, s->png);
    if (!png)
        log_error("report", "cannot write %s", s->png);
    return json && png;
}

int main(int argc, char **argv)
{
    static struct settings settings;
    static struct report report;
    log_setup("sluice-bench", LOG_LEVEL_INFO, false);
    enum settings_result parsed = settings_parse(&settings, argc, argv);
    if (parsed != SETTINGS_OK)
        return parsed == SETTINGS_HELP ? 0 : 2;
    report_init(&report, &settings);
    if (!run(&report, settings.quiet ? NULL : stderr))
        return 1;
    report_print(stdout, &report);
    bool written = write_files(&report);
    bool whole = counter_get(&report.end.counters.streams) >= report.expected_streams &&
                 counter_get(&report.end.counters.failed) == 0;
    report_free(&report);
    return written && whole ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes run, and whether they answer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/stats/segment.h"
#include "tools/sluicectl/control_socket.h"
#include "tools/sluicectl/doctor/network.h"
#include "tools/sluicectl/peer.h"
#include "tools/sluicectl/stats_socket.h"

static const char start_it[] = "systemctl start sluice-dataplane sluice-control (or ./run); if it "
                               "ends at once, its last log line says why";

/* By its file of counters, if its socket says nothing. */
static pid_t dataplane_by_file(const struct network *n)
{
    char path[512], err[STATS_ERROR_TEXT];
    struct stats_segment s;
    struct peer_usage u;
    snprintf(path, sizeof(path), "%s/dataplane.stats", n->run_dir);
    if (!stats_segment_open(&s, path, err))
        return 0;
    pid_t pid = (pid_t)s.header->pid;
    stats_segment_close(&s);
    return peer_usage(pid, &u) ? pid : 0;
}

static void check_dataplane(struct network *n)
{
    struct stats_answer a;
    int error = peer_of(n->run_dir, STATS_DATAPLANE, &n->dataplane);
    if (n->dataplane == 0)
        n->dataplane = dataplane_by_file(n);
    if (error == EACCES)
        report_bad(n->report, "run doctor as root, or as the user that sluice runs as",
                   "dataplane: its socket in %s may not be opened", n->run_dir);
    else if (error != 0 && n->dataplane != 0)
        report_bad(n->report, "its log says why it does not listen",
                   "dataplane: process %d runs, but cannot be asked (%s/%s: %s)", (int)n->dataplane,
                   n->run_dir, STATS_DATAPLANE, strerror(error));
    else if (error != 0)
        report_bad(n->report, start_it, "dataplane: does not run (%s/%s: %s)", n->run_dir,
                   STATS_DATAPLANE, strerror(error));
    else if (!stats_socket_ask(n->run_dir, STATS_DATAPLANE, "process", NULL, NULL, &a))
        report_bad(n->report,
                   peer_is_stopped(n->dataplane) ? "it was stopped by a signal; kill -CONT lets it "
                                                   "go on"
                                                 : "is the machine overloaded?",
                   "dataplane: process %d runs, but does not answer: %s", (int)n->dataplane,
                   a.reason);
    else
        n->process = json_incref(json_array_get(a.lines, 0));
    if (!n->process)
        return;
    stats_answer_free(&a);
    report_good(n->report, "dataplane: runs (process %d) and answers", (int)n->dataplane);
    if (!json_is_true(json_object_get(n->process, "control")))
        report_bad(n->report, "calls go on, but nobody can join; is sluice-control running?",
                   "dataplane: control is not connected to it");
}

static void check_control(struct network *n)
{
    int error = peer_of(n->run_dir, "control.sock", &n->control);
    if (error == EACCES) {
        report_bad(n->report, "run doctor as root, or as the user that sluice runs as",
                   "control: its socket in %s may not be opened", n->run_dir);
    } else if (error != 0) {
        report_bad(n->report, start_it, "control: does not run (%s/control.sock: %s)", n->run_dir,
                   strerror(error));
    } else if (peer_is_stopped(n->control)) {
        report_bad(n->report,
                   "calls go on, but nobody can join; kill -CONT lets it go on, killing it too (it "
                   "is started again)",
                   "control: process %d was stopped by a signal", (int)n->control);
    } else {
        n->address = control_ask(n->run_dir, "/internal/address", NULL);
        if (n->address)
            report_good(n->report, "control: runs (process %d) and answers", (int)n->control);
        else
            report_bad(n->report, "its log says more", "control: process %d does not answer",
                       (int)n->control);
    }
}

static void check_authz(struct network *n)
{
    if (peer_of(n->run_dir, "authz.sock", &n->authz) == 0)
        report_good(n->report, "authorisation service: runs (process %d)", (int)n->authz);
    else
        report_note(n->report, "the Matrix authorisation service does not run here; other "
                               "clients do not need it");
}

void check_processes(struct network *n)
{
    report_heading(n->report, "processes", n->run_dir);
    check_dataplane(n);
    check_control(n);
    check_authz(n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "dataplane/process/process.h"

#include <unistd.h>

/* Commands taken in one turn, so that a busy control does not keep packets waiting. */
#define COMMANDS_PER_TURN 256

void control_accept(struct process *p)
{
    int fd = link_accept(p->listener);
    if (fd < 0)
        return;
    /* A new control takes over: the old one is dead or about to be. */
    if (p->control.fd >= 0) {
        log_warn("link", "a second control connects; the first is disconnected");
        link_close(&p->control);
    }
    if (!link_open(&p->control, fd))
        log_error("link", "out of memory");
    else
        sessions_control(p->sessions, true, clock_monotonic());
}

static void disconnect(struct process *p, const char *why)
{
    log_warn("link", "control disconnected reason=\"%s\"; forwarding goes on", why);
    link_close(&p->control);
    sessions_control(p->sessions, false, clock_monotonic());
}

static void command(struct process *p, Sluice__Link__Command *c, usec_t now)
{
    bool closes = c->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT;
    uint64_t participant = closes ? c->close_participant->id : 0;
    if (process_turn_command(p, c, now))
        sluice__link__command__free_unpacked(c, NULL);
    else
        sessions_command(p->sessions, c, now);
    if (closes)
        process_turn_forget(p, participant);
}

void control_read(struct process *p, usec_t now)
{
    for (int i = 0; i < COMMANDS_PER_TURN && p->control.fd >= 0; i++) {
        long n = link_receive(&p->control);
        if (n == 0)
            return;
        if (n < 0) {
            disconnect(p, "closed");
            return;
        }
        Sluice__Link__Command *c =
            sluice__link__command__unpack(NULL, (size_t)n, p->control.buffer);
        if (!c) {
            disconnect(p, "malformed command");
            return;
        }
        command(p, c, now);
    }
}

void control_write(struct process *p)
{
    if (p->control.fd >= 0 && !link_flush(&p->control))
        disconnect(p, "write error");
}

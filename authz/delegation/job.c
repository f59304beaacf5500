/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/delegation/job.h"

#define BACKOFF_FIRST (1 * USEC_PER_SEC)
#define BACKOFF_MOST  (60 * USEC_PER_SEC)
#define LOOK_AGAIN    (1 * USEC_PER_SEC) /* when the SFU does not say */
#define RECHECK       (1 * USEC_PER_SEC) /* after a farewell of somebody who is there */
#define SEND_LEAST    (1 * USEC_PER_SEC)
#define SEEN_LATELY   (60 * USEC_PER_SEC)

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

static usec_t later(usec_t a, usec_t b)
{
    return a > b ? a : b;
}

/* 1 s, growing by half each time up to a minute, half of it more or less. */
static usec_t backoff_next(struct backoff *b, unsigned *random)
{
    usec_t step = b->step ? b->step : BACKOFF_FIRST;
    *random = *random * 1103515245u + 12345u;
    b->step = earlier(step + step / 2, BACKOFF_MOST);
    return step / 2 + step * ((*random >> 16) % 1000) / 1000;
}

/* The event is restarted when four fifths of its time are over. */
static usec_t restart_after(const struct job *j)
{
    return j->timeout * 4 / 5;
}

static void begin(struct job *j, const struct job_times *t, usec_t timeout, bool restricted,
                  usec_t now)
{
    *j = (struct job){.times = t, .timeout = timeout, .restricted = restricted};
    j->random = (unsigned)now;
    j->restart_at = USEC_NEVER;
    j->look_at = now;
}

void job_start(struct job *j, const struct job_times *t, usec_t timeout, bool restricted,
               usec_t now)
{
    begin(j, t, timeout, restricted, now);
    j->fires = now + timeout;
    j->wait_until = now + earlier(timeout, JOB_WAIT_LONGEST);
}

static void go_missing(struct job *j, usec_t grace, usec_t patience, usec_t now)
{
    j->state = JOB_MISSING;
    j->missing_until = now + grace;
    j->silence_until = now + later(grace, patience);
    j->look_at = now;
    j->look_backoff = (struct backoff){0};
}

void job_resume(struct job *j, const struct job_times *t, usec_t timeout, bool restricted,
                bool joined, usec_t fires, usec_t now)
{
    begin(j, t, timeout, restricted, now);
    j->fires = fires;
    j->joined = joined;
    if (!joined) {
        j->wait_until = now + earlier(fires - now, JOB_WAIT_LONGEST);
        return;
    }
    usec_t rest = timeout - restart_after(j);
    j->restart_at = fires > now + rest ? fires - rest : now;
    go_missing(j, t->start_grace, JOB_SILENCE_LONGEST, now);
}

static void arrive(struct job *j, usec_t now)
{
    bool first = j->state == JOB_WAITING;
    j->state = JOB_CONNECTED;
    j->seen = now;
    j->look_at = j->times->sanity ? now + j->times->sanity : USEC_NEVER;
    j->look_backoff = (struct backoff){0};
    if (!first)
        return;
    j->joined = j->changed = true;
    j->restart_at = now;
    j->call_backoff = (struct backoff){0};
}

static void end(struct job *j)
{
    j->state = JOB_OVER;
}

static void begin_sending(struct job *j, usec_t now)
{
    usec_t left = j->fires > now ? j->fires - now : 0;
    j->state = JOB_SENDING;
    j->send_at = now;
    j->send_until = now + earlier(later(left, SEND_LEAST), JOB_SEND_LONGEST);
    j->call_backoff = (struct backoff){0};
}

void job_event(struct job *j, enum sfu_event_kind kind, enum sfu_reason reason, usec_t now)
{
    bool intended = kind == SFU_EVENT_LEFT && reason == SFU_REASON_CLIENT_INITIATED;
    if (kind == SFU_EVENT_OTHER || j->state == JOB_SENDING || j->state == JOB_OVER)
        return;
    j->outdated = j->looking;
    j->farewell = intended;
    if (kind == SFU_EVENT_JOINED) {
        arrive(j, now);
    } else if (j->state == JOB_WAITING) {
        if (!intended)
            j->aborted_until = j->look_at = now + j->times->grace;
    } else if (intended) {
        go_missing(j, 0, j->times->grace, now);
    } else if (reason == SFU_REASON_SERVER_SHUTDOWN) {
        go_missing(j, j->times->start_grace, JOB_SILENCE_LONGEST, now);
    } else if (j->state == JOB_CONNECTED) {
        go_missing(j, reason == SFU_REASON_TIMEOUT ? j->times->grace / 4 : j->times->grace,
                   JOB_SILENCE_LONGEST, now);
    }
}

void job_sfu_restarted(struct job *j, usec_t now)
{
    if (j->state == JOB_CONNECTED || j->state == JOB_MISSING)
        go_missing(j, j->times->start_grace, JOB_SILENCE_LONGEST, now);
    else if (j->state == JOB_WAITING)
        j->look_at = now;
}

/* --- what a look at the SFU shows --- */

static void waiting_looked(struct job *j, enum presence p, usec_t now)
{
    if (p == PRESENCE_HERE) {
        arrive(j, now);
    } else if (j->last_look) {
        if (j->restricted)
            end(j); /* a stranger who never came: nothing of ours to tell */
        else
            begin_sending(j, now);
    } else if (p == PRESENCE_GONE && j->aborted_until && now >= j->aborted_until) {
        end(j);
    } else {
        usec_t next = now + backoff_next(&j->look_backoff, &j->random);
        j->look_at = j->aborted_until > now ? earlier(next, j->aborted_until) : next;
    }
}

static void missing_looked(struct job *j, enum presence p, usec_t now)
{
    if (p == PRESENCE_HERE) {
        arrive(j, now);
        j->look_at = earlier(j->look_at, now + RECHECK);
    } else if (p == PRESENCE_GONE) {
        if (now >= j->missing_until)
            begin_sending(j, now);
        else
            j->look_at = j->missing_until;
    } else if (now >= j->silence_until) {
        begin_sending(j, now);
    } else {
        j->look_at = earlier(now + later(backoff_next(&j->look_backoff, &j->random), LOOK_AGAIN),
                             j->silence_until);
    }
}

/* An SFU that is silent for long is asked more often, and not believed in for ever. */
static void connected_looked(struct job *j, enum presence p, usec_t now)
{
    if (p == PRESENCE_HERE)
        j->seen = now;
    if (p == PRESENCE_GONE || now - j->seen > SEEN_LATELY)
        go_missing(j, j->farewell ? 0 : j->times->grace, JOB_SILENCE_LONGEST, now);
    else
        j->look_at = j->times->sanity ? now + j->times->sanity : USEC_NEVER;
}

void job_presence(struct job *j, enum presence p, usec_t now)
{
    bool outdated = j->outdated;
    j->looking = j->outdated = false;
    if (outdated)
        j->look_at = now;
    else if (j->state == JOB_WAITING)
        waiting_looked(j, p, now);
    else if (j->state == JOB_MISSING)
        missing_looked(j, p, now);
    else if (j->state == JOB_CONNECTED)
        connected_looked(j, p, now);
}

/* --- what the homeserver says --- */

static usec_t pause_after(struct job *j, struct outcome_of_call o)
{
    usec_t pause = backoff_next(&j->call_backoff, &j->random);
    return o.outcome == OUTCOME_LATER && o.wait > 0 ? o.wait : pause;
}

static void restarted(struct job *j, struct outcome_of_call o, usec_t now)
{
    switch (o.outcome) {
    case OUTCOME_DONE:
        j->fires = now + j->timeout;
        j->restart_at = now + restart_after(j);
        j->call_backoff = (struct backoff){0};
        j->changed = true;
        break;
    case OUTCOME_GONE:
    case OUTCOME_CONFLICT:
    case OUTCOME_FORBIDDEN:
        end(j);
        break;
    case OUTCOME_LATER:
    case OUTCOME_TRANSIENT:
        j->restart_at = now + pause_after(j, o);
        if (j->restart_at >= j->fires)
            end(j); /* the event has fired by then */
        break;
    }
}

static void sent(struct job *j, struct outcome_of_call o, usec_t now)
{
    if (o.outcome != OUTCOME_LATER && o.outcome != OUTCOME_TRANSIENT) {
        end(j);
        return;
    }
    j->send_at = now + pause_after(j, o);
    if (j->send_at >= j->send_until)
        end(j);
}

void job_called(struct job *j, enum job_action action, struct outcome_of_call outcome, usec_t now)
{
    j->calling = false;
    if (j->state == JOB_SENDING && action == JOB_SEND)
        sent(j, outcome, now);
    else if (action == JOB_RESTART && j->state != JOB_OVER && j->state != JOB_SENDING)
        restarted(j, outcome, now);
}

/* --- what is due --- */

static bool look_due(struct job *j, usec_t now)
{
    if (j->looking || j->state == JOB_SENDING)
        return false;
    if (j->state == JOB_WAITING && now >= j->wait_until)
        return j->last_look = true;
    return now >= j->look_at;
}

enum job_action job_next(struct job *j, usec_t now)
{
    if (j->state == JOB_OVER)
        return JOB_END;
    if (look_due(j, now)) {
        j->looking = true;
        return JOB_LOOK;
    }
    if (j->calling)
        return JOB_NOTHING;
    if (j->state == JOB_SENDING && now >= j->send_at) {
        j->calling = true;
        return JOB_SEND;
    }
    if (j->state == JOB_SENDING || now < j->restart_at)
        return JOB_NOTHING;
    if (j->state == JOB_CONNECTED && now - j->seen > SEEN_LATELY) {
        bool look = !j->looking; /* nobody is kept alive unseen */
        j->looking = true;
        return look ? JOB_LOOK : JOB_NOTHING;
    }
    j->calling = true;
    return JOB_RESTART;
}

usec_t job_deadline(const struct job *j)
{
    usec_t look = j->looking ? USEC_NEVER : j->look_at, call = USEC_NEVER;
    if (j->state == JOB_OVER)
        return 0;
    if (j->state == JOB_SENDING)
        return j->calling ? USEC_NEVER : j->send_at;
    if (j->state == JOB_WAITING && !j->looking)
        look = earlier(look, j->wait_until);
    if (!j->calling && !(j->looking && j->state == JOB_CONNECTED))
        call = j->restart_at;
    return earlier(look, call);
}

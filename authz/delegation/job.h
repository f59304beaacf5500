/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One delegated leave: a delayed event of a homeserver that is kept from firing while its owner is
 * at the SFU, and sent when the owner is gone. A state machine in virtual time.
 *
 * What decides is whether the identity is at the SFU, not which event said so: somebody who was
 * replaced by a session of their own has "left" and is there. So every farewell is checked, and
 * followed by a time of grace.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_JOB_H
#define SLUICE_AUTHZ_DELEGATION_JOB_H

#include <stdbool.h>

#include "authz/delegation/outcome.h"
#include "authz/sfu/sfu.h"
#include "authz/sfu/webhook.h"
#include "authz/token/request.h"
#include "common/clock.h"

#define JOB_WAIT_LONGEST    (3600 * USEC_PER_SEC) /* for the owner to come */
#define JOB_SEND_LONGEST    (3600 * USEC_PER_SEC) /* of trying to send */
#define JOB_SILENCE_LONGEST (600 * USEC_PER_SEC)  /* of an SFU that does not say who is there */

struct job_times {
    usec_t grace;       /* from seeing somebody gone to the leave; a quarter of it if the SFU has
                           waited already */
    usec_t start_grace; /* the same after we or the SFU started */
    usec_t sanity;      /* how often presence is asked about; 0: never without a reason */
};

enum job_state {
    JOB_WAITING,   /* the owner has not been at the SFU yet */
    JOB_CONNECTED, /* is there */
    JOB_MISSING,   /* was there; may come back until missing_until */
    JOB_SENDING,   /* is gone; the homeserver must be told */
    JOB_OVER,      /* nothing more to do */
};

enum job_action { JOB_NOTHING, JOB_LOOK, JOB_RESTART, JOB_SEND, JOB_END };

struct backoff {
    usec_t step; /* 0: at the beginning */
};

struct job {
    const struct job_times *times;
    usec_t timeout;  /* of the delayed event */
    bool restricted; /* counts only for who has joined */
    enum job_state state;
    bool joined;       /* has ever been seen at the SFU */
    bool looking;      /* a question about presence is under way, */
    bool outdated;     /* and was asked before the last farewell */
    bool farewell;     /* the owner said goodbye and was not told to be back since */
    bool calling;      /* the homeserver is being called */
    bool changed;      /* what must outlive us has changed; cleared by the owner of the job */
    bool last_look;    /* WAITING: the look that decides */
    usec_t fires;      /* when the event fires unless it is restarted */
    usec_t wait_until; /* WAITING */
    usec_t restart_at; /* next restart; USEC_NEVER while WAITING */
    usec_t look_at;
    usec_t missing_until, silence_until; /* MISSING */
    usec_t send_at, send_until;          /* SENDING */
    usec_t seen;                         /* last sure to be at the SFU */
    usec_t aborted_until; /* WAITING: a connection failed; over then if nobody is there. 0: none */
    struct backoff look_backoff, call_backoff;
    unsigned random; /* state of the jitter */
};

/* A new job. */
void job_start(struct job *j, const struct job_times *t, usec_t timeout, bool restricted,
               usec_t now);

/* One from before we were started. `fires` lies in the future. */
void job_resume(struct job *j, const struct job_times *t, usec_t timeout, bool restricted,
                bool joined, usec_t fires, usec_t now);

/* What is to be done at `now`; each thing is said once. JOB_LOOK, JOB_RESTART and JOB_SEND are
 * answered by job_presence() and job_called(). Ask until JOB_NOTHING, then again at job_deadline().
 */
enum job_action job_next(struct job *j, usec_t now);
usec_t job_deadline(const struct job *j);

void job_event(struct job *j, enum sfu_event_kind kind, enum sfu_reason reason, usec_t now);
void job_presence(struct job *j, enum presence p, usec_t now);
void job_called(struct job *j, enum job_action action, struct outcome_of_call outcome, usec_t now);

/* The SFU was started anew, or what it told may have been missed. */
void job_sfu_restarted(struct job *j, usec_t now);

#endif

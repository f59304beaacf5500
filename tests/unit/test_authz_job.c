/* SPDX-License-Identifier: Apache-2.0 */
/* A delegated leave in virtual time: a world that answers what the job asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "authz/delegation/job.h"

#define S USEC_PER_SEC

static const struct job_times times = {.grace = 8 * S, .start_grace = 60 * S, .sanity = 60 * S};

static struct world {
    struct job job;
    usec_t now;
    enum presence presence;
    int status; /* of every call */
    unsigned looks, restarts, sends;
    usec_t sent_at;
    bool over;
} w;

static struct outcome_of_call answer(void)
{
    return outcome_of(w.status, "", "", 0, 0);
}

static void act(enum job_action a)
{
    switch (a) {
    case JOB_LOOK:
        w.looks++;
        job_presence(&w.job, w.presence, w.now);
        break;
    case JOB_RESTART:
        w.restarts++;
        job_called(&w.job, a, answer(), w.now);
        break;
    case JOB_SEND:
        w.sends++;
        w.sent_at = w.now;
        job_called(&w.job, a, answer(), w.now);
        break;
    default:
        break;
    }
}

static void run_until(usec_t end)
{
    for (unsigned steps = 0; !w.over; steps++) {
        enum job_action a = job_next(&w.job, w.now);
        assert_true(steps < 100000);
        w.over = a == JOB_END;
        act(a);
        if (a != JOB_NOTHING)
            continue;
        usec_t at = job_deadline(&w.job);
        if (at > end)
            break;
        assert_true(at > w.now); /* nothing is due that is not said */
        w.now = at;
    }
    if (w.now < end)
        w.now = end;
}

static void run_for(usec_t time)
{
    run_until(w.now + time);
}

static void begin(usec_t timeout, bool restricted)
{
    w = (struct world){.now = 1000 * S, .presence = PRESENCE_GONE, .status = 200};
    job_start(&w.job, &times, timeout, restricted, w.now);
    run_for(0);
}

static void come(void)
{
    w.presence = PRESENCE_HERE;
    job_event(&w.job, SFU_EVENT_JOINED, SFU_REASON_OTHER, w.now);
    run_for(0);
}

static void go(enum sfu_reason reason)
{
    w.presence = PRESENCE_GONE;
    job_event(&w.job, SFU_EVENT_LEFT, reason, w.now);
    run_for(0);
}

static void begin_there(usec_t timeout)
{
    begin(timeout, false);
    come();
    assert_int_equal(w.restarts, 1);
    assert_true(w.job.joined && w.job.changed);
}

static void nobody_comes(void **state)
{
    (void)state;
    begin(20 * S, false);
    run_for(19 * S);
    assert_int_equal(w.sends, 0);
    assert_true(w.looks >= 4 && w.looks < 12);
    run_for(1 * S);
    assert_int_equal(w.sends, 1);
    assert_true(w.over);
}

static void nobody_comes_for_an_hour(void **state)
{
    (void)state;
    begin(24 * 3600 * S, false);
    run_for(3599 * S);
    assert_false(w.over);
    assert_true(w.looks < 150); /* a look a minute in the end */
    run_for(1 * S);
    assert_int_equal(w.sends, 1);
}

static void a_stranger_never_comes(void **state)
{
    (void)state;
    begin(20 * S, true);
    run_for(20 * S);
    assert_true(w.over);
    assert_int_equal(w.sends + w.restarts, 0);
}

static void found_by_looking_at_the_last_moment(void **state)
{
    (void)state;
    begin(20 * S, false);
    run_for(19 * S);
    w.presence = PRESENCE_HERE;
    run_for(2 * S);
    assert_int_equal(w.sends, 0);
    assert_int_equal(w.restarts, 1);
}

static void restarts_in_time(void **state)
{
    (void)state;
    begin_there(100 * S);
    run_for(1000 * S);
    assert_int_equal(w.restarts, 1 + 12);
    assert_int_equal(w.sends, 0);
    assert_true(w.job.fires > w.now);
}

static void hang_up(void **state)
{
    (void)state;
    begin_there(3600 * S);
    run_for(100 * S);
    go(SFU_REASON_CLIENT_INITIATED);
    assert_int_equal(w.sends, 1);
    assert_true(w.over);
}

static void lost(void **state)
{
    (void)state;
    begin_there(3600 * S);
    usec_t gone = w.now;
    go(SFU_REASON_OTHER);
    run_for(60 * S);
    assert_int_equal(w.sends, 1);
    assert_int_equal(w.sent_at - gone, 8 * S);
}

static void lost_after_the_sfu_has_waited(void **state)
{
    (void)state;
    begin_there(3600 * S);
    usec_t gone = w.now;
    go(SFU_REASON_TIMEOUT);
    run_for(60 * S);
    assert_int_equal(w.sends, 1);
    assert_int_equal(w.sent_at - gone, 2 * S);
}

static void lost_and_back(void **state)
{
    (void)state;
    begin_there(3600 * S);
    go(SFU_REASON_OTHER);
    run_for(5 * S);
    w.presence = PRESENCE_HERE; /* without a word */
    run_for(600 * S);
    assert_int_equal(w.sends, 0);
    assert_int_equal(w.job.state, JOB_CONNECTED);
}

static void replaced_by_itself(void **state)
{
    (void)state;
    begin_there(3600 * S);
    job_event(&w.job, SFU_EVENT_JOINED, SFU_REASON_OTHER, w.now);
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_OTHER, w.now);
    run_for(600 * S);
    assert_int_equal(w.sends, 0);
}

static void the_sfu_stops(void **state)
{
    (void)state;
    begin_there(3600 * S);
    go(SFU_REASON_SERVER_SHUTDOWN);
    w.presence = PRESENCE_UNKNOWN;
    run_for(40 * S);
    w.presence = PRESENCE_GONE; /* it is up, the client not there yet */
    run_for(15 * S);
    assert_int_equal(w.sends, 0);
    come();
    run_for(300 * S);
    assert_int_equal(w.sends, 0);
    go(SFU_REASON_SERVER_SHUTDOWN);
    run_for(59 * S);
    assert_int_equal(w.sends, 0);
    run_for(2 * S);
    assert_int_equal(w.sends, 1);
}

static void the_sfu_is_started_anew(void **state)
{
    (void)state;
    begin_there(3600 * S);
    w.presence = PRESENCE_GONE;
    job_sfu_restarted(&w.job, w.now);
    run_for(59 * S);
    assert_int_equal(w.sends, 0);
    run_for(2 * S);
    assert_int_equal(w.sends, 1);
}

static void a_silent_sfu_is_not_believed_in_for_ever(void **state)
{
    (void)state;
    begin_there(3600 * S);
    w.presence = PRESENCE_UNKNOWN;
    run_for(600 * S);
    assert_int_equal(w.sends, 0);
    run_for(300 * S);
    assert_int_equal(w.sends, 1);
}

static void the_event_is_kept_alive_during_the_grace(void **state)
{
    (void)state;
    begin_there(5 * S);
    w.presence = PRESENCE_UNKNOWN;
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_SERVER_SHUTDOWN, w.now);
    run_for(30 * S);
    assert_true(w.restarts >= 7);
    assert_true(w.job.fires > w.now);
}

static void never_connected(void **state)
{
    (void)state;
    begin(3600 * S, false);
    job_event(&w.job, SFU_EVENT_ABORTED, SFU_REASON_OTHER, w.now);
    run_for(7 * S);
    assert_false(w.over);
    run_for(2 * S);
    assert_true(w.over);
    assert_int_equal(w.sends + w.restarts, 0);
}

static void connected_at_the_second_attempt(void **state)
{
    (void)state;
    begin(3600 * S, false);
    job_event(&w.job, SFU_EVENT_ABORTED, SFU_REASON_OTHER, w.now);
    run_for(4 * S);
    come();
    run_for(100 * S);
    assert_int_equal(w.job.state, JOB_CONNECTED);
    assert_false(w.over);
}

static void a_goodbye_while_waiting_is_of_an_earlier_session(void **state)
{
    (void)state;
    begin(3600 * S, false);
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_CLIENT_INITIATED, w.now);
    run_for(100 * S);
    assert_false(w.over);
}

static void an_answer_from_before_the_goodbye(void **state)
{
    (void)state;
    begin_there(3600 * S);
    run_for(59 * S);
    w.now += 1 * S;
    assert_int_equal(job_next(&w.job, w.now), JOB_LOOK); /* on its way */
    w.presence = PRESENCE_GONE;
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_CLIENT_INITIATED, w.now);
    job_presence(&w.job, PRESENCE_HERE, w.now);
    run_for(0);
    assert_int_equal(w.sends, 1);
}

static void a_late_list_after_the_goodbye(void **state)
{
    (void)state;
    begin_there(3600 * S);
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_CLIENT_INITIATED, w.now);
    run_for(0); /* the SFU still says here */
    assert_int_equal(w.sends, 0);
    w.presence = PRESENCE_GONE;
    run_for(2 * S);
    assert_int_equal(w.sends, 1);
}

static void final_answers(void **state)
{
    (void)state;
    static const int statuses[] = {401, 403, 404, 409};
    for (size_t i = 0; i < 4; i++) {
        begin(3600 * S, false);
        w.status = statuses[i];
        come();
        assert_true(w.over);
        assert_int_equal(w.restarts, 1);
        assert_int_equal(w.sends, 0);
    }
}

static void restart_fails_until_the_event_has_fired(void **state)
{
    (void)state;
    begin(60 * S, false);
    w.status = 500;
    come();
    run_for(59 * S);
    assert_true(w.restarts > 3);
    run_for(60 * S);
    assert_true(w.over);
    assert_int_equal(w.sends, 0);
}

static void send_fails_for_a_while(void **state)
{
    (void)state;
    begin_there(3600 * S);
    w.status = 503;
    go(SFU_REASON_CLIENT_INITIATED);
    run_for(30 * S);
    assert_true(w.sends > 3);
    w.status = 200;
    run_for(60 * S);
    assert_true(w.over);
}

static void send_fails_for_ever(void **state)
{
    (void)state;
    begin_there(20 * S);
    w.status = 0;
    go(SFU_REASON_CLIENT_INITIATED);
    run_for(40 * S);
    assert_true(w.over);
}

static void patience_that_is_asked_for(void **state)
{
    (void)state;
    begin_there(3600 * S);
    w.presence = PRESENCE_GONE;
    job_event(&w.job, SFU_EVENT_LEFT, SFU_REASON_CLIENT_INITIATED, w.now);
    assert_int_equal(job_next(&w.job, w.now), JOB_LOOK);
    job_presence(&w.job, PRESENCE_GONE, w.now);
    assert_int_equal(job_next(&w.job, w.now), JOB_SEND);
    job_called(&w.job, JOB_SEND, outcome_of(429, "17", "", 0, 0), w.now);
    assert_int_equal(job_deadline(&w.job), w.now + 17 * S);
}

static void taken_up_again(void **state)
{
    (void)state;
    w = (struct world){.now = 1000 * S, .presence = PRESENCE_HERE, .status = 200};
    job_resume(&w.job, &times, 100 * S, false, true, w.now + 50 * S, w.now);
    run_for(0);
    assert_int_equal(w.looks, 1);
    assert_int_equal(w.restarts, 0);
    run_for(31 * S);
    assert_int_equal(w.restarts, 1);
    /* gone while we were away */
    w = (struct world){.now = 1000 * S, .presence = PRESENCE_GONE, .status = 200};
    job_resume(&w.job, &times, 3600 * S, false, true, w.now + 3000 * S, w.now);
    run_for(59 * S);
    assert_int_equal(w.sends, 0);
    run_for(2 * S);
    assert_int_equal(w.sends, 1);
    /* never came */
    w = (struct world){.now = 1000 * S, .presence = PRESENCE_GONE, .status = 200};
    job_resume(&w.job, &times, 3600 * S, false, false, w.now + 300 * S, w.now);
    run_for(299 * S);
    assert_int_equal(w.sends + w.restarts, 0);
    run_for(2 * S);
    assert_int_equal(w.sends, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_comes),
        cmocka_unit_test(nobody_comes_for_an_hour),
        cmocka_unit_test(a_stranger_never_comes),
        cmocka_unit_test(found_by_looking_at_the_last_moment),
        cmocka_unit_test(restarts_in_time),
        cmocka_unit_test(hang_up),
        cmocka_unit_test(lost),
        cmocka_unit_test(lost_after_the_sfu_has_waited),
        cmocka_unit_test(lost_and_back),
        cmocka_unit_test(replaced_by_itself),
        cmocka_unit_test(the_sfu_stops),
        cmocka_unit_test(the_sfu_is_started_anew),
        cmocka_unit_test(a_silent_sfu_is_not_believed_in_for_ever),
        cmocka_unit_test(the_event_is_kept_alive_during_the_grace),
        cmocka_unit_test(never_connected),
        cmocka_unit_test(connected_at_the_second_attempt),
        cmocka_unit_test(a_goodbye_while_waiting_is_of_an_earlier_session),
        cmocka_unit_test(an_answer_from_before_the_goodbye),
        cmocka_unit_test(a_late_list_after_the_goodbye),
        cmocka_unit_test(final_answers),
        cmocka_unit_test(restart_fails_until_the_event_has_fired),
        cmocka_unit_test(send_fails_for_a_while),
        cmocka_unit_test(send_fails_for_ever),
        cmocka_unit_test(patience_that_is_asked_for),
        cmocka_unit_test(taken_up_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

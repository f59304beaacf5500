/* SPDX-License-Identifier: Apache-2.0 */
/* Our addresses change during a call: who is told what, and when. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"
#include "control/signal/readdress.h"

#include <stdio.h>
#include <string.h>

static int open_stage(void **state)
{
    cast_open(state);
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
    return 0;
}

static void move_to(const char *ip)
{
    struct candidate_address list[1] = {{.udp = true}};
    assert_true(net_addr_parse(&list[0].at, ip, 0));
    readdress(stage.g, list, 1, stage.now);
}

static void answer(bool silent, const struct actor *a)
{
    uint64_t id = actor_participant(a)->transports[0]->index.id;
    Sluice__Link__SilentTransports m = SLUICE__LINK__SILENT_TRANSPORTS__INIT;
    m.n_transports = silent;
    m.n_unsettled = !silent;
    m.transports = m.unsettled = &id;
    readdress_silent(stage.g, &m, stage.now);
}

static size_t queries(void)
{
    return stage_count(&stage, SLUICE__LINK__COMMAND__BODY_QUERY_SILENT);
}

static void candidates_go_out_at_once(void **state)
{
    (void)state;
    move_to("198.51.100.9");
    assert_string_equal(actor_heard(&alice), "trickle");
    assert_string_equal(actor_heard(&bob), "trickle");
    const char *init =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)->trickle->candidateinit;
    assert_non_null(strstr(init, " 198.51.100.9 "));
    assert_non_null(strstr(init, actor_participant(&bob)->transports[0]->ufrag));
}

static void what_was_offered_before_is_no_news(void **state)
{
    (void)state;
    move_to("192.0.2.1");
    move_to("198.51.100.9");
    actor_heard(&bob);
    move_to("198.51.100.9");
    assert_string_equal(actor_heard(&bob), "");
}

static void who_is_silent_is_told_to_resume(void **state)
{
    (void)state;
    move_to("198.51.100.9");
    actor_heard(&alice);
    actor_heard(&bob);
    stage_pass(&stage, READDRESS_FIRST);
    assert_int_equal(queries(), 1);
    answer(true, &bob);
    answer(true, &bob);
    stage_pass(&stage, READDRESS_SPREAD);
    assert_string_equal(actor_heard(&bob), "leave");
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RESUME);
    assert_string_equal(actor_heard(&alice), "");
    assert_false(bob.closed);
    stage_pass(&stage, READDRESS_LOOKS * READDRESS_AGAIN);
    assert_int_equal(queries(), READDRESS_LOOKS);
    /* once per change */
    answer(true, &bob);
    stage_pass(&stage, READDRESS_SPREAD);
    assert_string_equal(actor_heard(&bob), "");
    move_to("198.51.100.10");
    actor_heard(&bob);
    stage_pass(&stage, READDRESS_FIRST);
    answer(false, &bob);
    stage_pass(&stage, READDRESS_SPREAD);
    assert_string_equal(actor_heard(&bob), "leave");
}

static void native_clients_are_told_last(void **state)
{
    (void)state;
    actor_participant(&bob)->client.sdk = LIVEKIT__CLIENT_INFO__SDK__RUST;
    move_to("198.51.100.9");
    actor_heard(&bob);
    stage_pass(&stage, READDRESS_FIRST);
    answer(true, &bob);
    answer(false, &bob);
    stage_pass(&stage, READDRESS_LOOKS * READDRESS_AGAIN);
    assert_string_equal(actor_heard(&bob), "");
    answer(true, &bob);
    stage_pass(&stage, READDRESS_SPREAD);
    assert_string_equal(actor_heard(&bob), "leave");
}

static void ports_and_transports_are_those_of_the_nat(void **state)
{
    (void)state;
    struct candidate_address list[] = {{.udp = true}, {.tcp = true}};
    net_addr_parse(&list[0].at, "198.51.100.9", 40000);
    net_addr_parse(&list[1].at, "198.51.100.9", 443);
    readdress(stage.g, list, 2, stage.now);
    bool udp = false, tcp = false;
    unsigned port = 40000 + actor_participant(&bob)->transports[0]->worker;
    char wanted[64];
    snprintf(wanted, sizeof wanted, " 198.51.100.9 %u typ host", port);
    for (size_t i = 0; i < bob.count; i++) {
        const Livekit__SignalResponse *m = bob.said[i];
        if (m->message_case != LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)
            continue;
        udp |= strstr(m->trickle->candidateinit, wanted) != NULL;
        tcp |=
            strstr(m->trickle->candidateinit, " 198.51.100.9 443 typ host tcptype passive") != NULL;
        assert_null(strstr(m->trickle->candidateinit, " tcp 2130706431 198.51.100.9 4000"));
    }
    assert_true(udp && tcp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(candidates_go_out_at_once, open_stage, cast_close),
        cmocka_unit_test_setup_teardown(what_was_offered_before_is_no_news, open_stage, cast_close),
        cmocka_unit_test_setup_teardown(who_is_silent_is_told_to_resume, open_stage, cast_close),
        cmocka_unit_test_setup_teardown(native_clients_are_told_last, open_stage, cast_close),
        cmocka_unit_test_setup_teardown(ports_and_transports_are_those_of_the_nat, open_stage,
                                        cast_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

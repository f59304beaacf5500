/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: what has begun is remembered until it ends, by the next process too. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/webhook/ledger.h"

static char dir[64], path[96], told[256];
static const char *there; /* sids that exist */
static struct ledger *ledger;

static int open_ledger(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/sluice-ledger-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/webhooks.ledger", dir);
    ledger = ledger_open(path);
    assert_non_null(ledger);
    *told = 0;
    there = "";
    return 0;
}

static int close_ledger(void **state)
{
    (void)state;
    ledger_close(ledger);
    unlink(path);
    return rmdir(dir);
}

static void open_again(void)
{
    ledger_close(ledger);
    ledger = ledger_open(path);
}

static void note(enum room_event e, const char *sid)
{
    ledger_note(ledger, e, sid, sid, strlen(sid));
}

static bool exists(void *ctx, enum room_event begun, const char *sid)
{
    (void)ctx;
    (void)begun;
    return strstr(there, sid) != NULL;
}

static void gone(void *ctx, enum room_event begun, const void *event, size_t size)
{
    (void)ctx;
    (void)begun;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%.*s ", (int)size,
             (const char *)event);
}

static void settle(void)
{
    const struct ledger_output out = {.exists = exists, .gone = gone};
    ledger_settle(ledger, &out);
}

static off_t file_size(void)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void ends_come_in_reverse_order(void **state)
{
    (void)state;
    note(ROOM_STARTED, "RM_a");
    note(PARTICIPANT_JOINED, "PA_a");
    note(TRACK_PUBLISHED, "TR_a");
    note(PARTICIPANT_JOINED, "PA_b");
    note(PARTICIPANT_ABORTED, "PA_c");
    open_again();
    assert_int_equal(ledger_count(ledger), 4);
    there = "RM_a PA_b";
    settle();
    assert_string_equal(told, "TR_a PA_a ");
    open_again();
    assert_int_equal(ledger_count(ledger), 2);
    there = "";
    settle();
    assert_string_equal(told, "TR_a PA_a PA_b RM_a ");
    assert_int_equal(file_size(), 0);
}

static void what_ended_is_forgotten(void **state)
{
    (void)state;
    note(ROOM_STARTED, "RM_a");
    note(PARTICIPANT_JOINED, "PA_a");
    note(PARTICIPANT_LEFT, "PA_a");
    note(TRACK_UNPUBLISHED, "TR_never");
    open_again();
    assert_int_equal(ledger_count(ledger), 1);
    note(ROOM_FINISHED, "RM_a");
    assert_int_equal(ledger_count(ledger), 0);
    assert_int_equal(file_size(), 0);
}

static void damage_costs_what_comes_after(void **state)
{
    (void)state;
    note(ROOM_STARTED, "RM_a");
    off_t good = file_size();
    note(PARTICIPANT_JOINED, "PA_a");
    assert_int_equal(truncate(path, good + 9), 0);
    open_again();
    assert_int_equal(ledger_count(ledger), 1);
    assert_int_equal(file_size(), good);
}

static void long_files_are_written_anew(void **state)
{
    (void)state;
    char *event = calloc(1, 1 << 20);
    note(ROOM_STARTED, "RM_a");
    for (int i = 0; i < 20; i++) {
        ledger_note(ledger, PARTICIPANT_JOINED, "PA_a", event, 1 << 20);
        note(PARTICIPANT_LEFT, "PA_a");
    }
    free(event);
    assert_in_range(file_size(), 1, 10 << 20);
    open_again();
    assert_int_equal(ledger_count(ledger), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_ledger, close_ledger)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ends_come_in_reverse_order),
        TEST(what_ended_is_forgotten),
        TEST(damage_costs_what_comes_after),
        TEST(long_files_are_written_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

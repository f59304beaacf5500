/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of webhooks: what was written comes back, what is damaged ends it. */
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

#include "control/webhook/journal.h"

static char dir[64], path[96];
static uint64_t urls[2];
static struct {
    uint64_t number, unix_us;
    char room[32], event[32];
    uint32_t done;
} taken[512];
static size_t taken_count;

static int open_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/sluice-journal-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/webhooks.journal", dir);
    urls[0] = journal_url_hash("http://a/");
    urls[1] = journal_url_hash("http://b/");
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void take(void *ctx, const struct journal_event *e)
{
    (void)ctx;
    assert_in_range(taken_count, 0, 511);
    taken[taken_count].number = e->number;
    taken[taken_count].unix_us = e->unix_us;
    taken[taken_count].done = e->done;
    snprintf(taken[taken_count].room, 32, "%s", e->room);
    snprintf(taken[taken_count].event, 32, "%.*s", (int)e->size, (const char *)e->event);
    taken_count++;
}

static const struct journal_reader reader = {.url_hashes = urls, .urls = 2, .take = take};

static struct records *open_journal(void)
{
    taken_count = 0;
    struct records *j = journal_open(path, &reader);
    assert_non_null(j);
    return j;
}

static void write_event(struct records *j, uint64_t number, const char *room, const char *event)
{
    size_t size = strlen(event);
    struct webhook_item *m = calloc(1, sizeof *m + size);
    m->number = number;
    m->unix_us = 1000 + number;
    m->room = (char *)(uintptr_t)room;
    m->size = size;
    memcpy(m->event, event, size);
    journal_event(j, m);
    free(m);
}

static off_t file_size(void)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void what_waits_comes_back(void **state)
{
    (void)state;
    struct records *j = open_journal();
    write_event(j, 1, "room", "one");
    write_event(j, 2, "room", "two");
    write_event(j, 3, "other", "three");
    journal_done(j, 1, urls[0]);
    journal_done(j, 1, urls[1]);
    journal_done(j, 3, urls[1]);
    records_close(j);
    j = open_journal();
    assert_int_equal(taken_count, 2);
    assert_int_equal(taken[0].number, 2);
    assert_int_equal(taken[0].unix_us, 1002);
    assert_string_equal(taken[0].room, "room");
    assert_string_equal(taken[0].event, "two");
    assert_int_equal(taken[0].done, 0);
    assert_int_equal(taken[1].number, 3);
    assert_int_equal(taken[1].done, 2);
    write_event(j, 4, "room", "four");
    records_close(j);
    j = open_journal();
    assert_int_equal(taken_count, 3);
    records_clear(j);
    assert_int_equal(file_size(), 0);
    records_close(j);
    struct stat st;
    stat(path, &st);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_damaged_end_is_cut_off(void **state)
{
    (void)state;
    struct records *j = open_journal();
    write_event(j, 1, "room", "one");
    off_t good = file_size();
    write_event(j, 2, "room", "two");
    records_close(j);
    for (off_t cut = file_size() - 1; cut > good; cut -= 7) {
        assert_int_equal(truncate(path, cut), 0);
        j = open_journal();
        assert_int_equal(taken_count, 1);
        assert_int_equal(file_size(), good);
        write_event(j, 2, "room", "two");
        records_close(j);
    }
    FILE *f = fopen(path, "r+");
    fseek(f, good + 20, SEEK_SET);
    fputc('!', f);
    fclose(f);
    j = open_journal();
    assert_int_equal(taken_count, 1);
    records_close(j);
}

static void a_long_one_is_written_anew(void **state)
{
    (void)state;
    struct records *j = open_journal();
    char *event = malloc(1 << 20);
    memset(event, 'x', (1 << 20) - 1);
    event[(1 << 20) - 1] = 0;
    for (uint64_t i = 1; !records_are_long(j); i++) {
        assert_in_range(i, 1, 10);
        write_event(j, i, "room", event);
    }
    free(event);
    assert_true(records_rewrite_begin(j));
    write_event(j, 10, "room", "ten");
    journal_done(j, 10, urls[0]);
    records_rewrite_end(j);
    assert_false(records_are_long(j));
    records_close(j);
    j = open_journal();
    assert_int_equal(taken_count, 1);
    assert_int_equal(taken[0].number, 10);
    assert_int_equal(taken[0].done, 1);
    records_close(j);
}

static void a_path_that_cannot_be_is_said(void **state)
{
    (void)state;
    assert_null(journal_open("/nowhere/at/all", &reader));
    journal_done(NULL, 1, 1);
    records_clear(NULL);
    assert_false(records_are_long(NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_comes_back),
        TEST(a_damaged_end_is_cut_off),
        TEST(a_long_one_is_written_anew),
        cmocka_unit_test(a_path_that_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

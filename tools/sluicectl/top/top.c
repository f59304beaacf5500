/* SPDX-License-Identifier: Apache-2.0 */
/* `top`: the server at work, anew every second. */
#include <stdlib.h>

#include "common/config/value.h"
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/top/frame.h"
#include "tools/sluicectl/top/terminal.h"

struct top {
    const struct invocation *invocation;
    usec_t interval;
    unsigned long count; /* of frames; 0: no end */
    bool drawing;
    struct sample before, now;
    struct screen screen;
};

static void show(struct top *t)
{
    size_t rows = 0, columns = 0;
    if (t->invocation->json) {
        json_t *root = frame_json(&t->before, &t->now);
        json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(root);
        fflush(stdout);
        return;
    }
    if (t->drawing)
        terminal_size(&rows, &columns);
    screen_begin(&t->screen, rows, columns);
    frame_render(&t->before, &t->now, t->drawing, &t->screen);
    if (t->drawing) {
        screen_draw(&t->screen, stdout);
    } else {
        screen_print(&t->screen, stdout);
        putchar('\n');
        fflush(stdout);
    }
}

static void look(struct top *t)
{
    sample_free(&t->before);
    t->before = t->now;
    sample_take(&t->now, t->invocation->run_dir, option_value(t->invocation, "room"));
}

/* Waits for the next look; false at the end. */
static bool wait(struct top *t, usec_t deadline)
{
    char key = 0;
    for (;;) {
        switch (terminal_wait(deadline, &key)) {
        case TERMINAL_TIME:
            return true;
        case TERMINAL_RESIZED:
            show(t);
            break;
        case TERMINAL_KEY:
            if (key == 'q' || key == 'Q' || key == 3)
                return false;
            if (key == ' ')
                return true;
            break;
        case TERMINAL_END:
            return false;
        }
    }
}

/* Rates need two looks: what is not drawn over begins with the second. */
static void run_until_end(struct top *t)
{
    unsigned long shown = 0;
    look(t);
    if (t->drawing)
        show(t);
    usec_t deadline = clock_monotonic() + t->interval;
    while (wait(t, deadline)) {
        deadline = clock_monotonic() + t->interval;
        look(t);
        show(t);
        if (++shown == t->count || ferror(stdout))
            break;
    }
}

static bool read_options(struct top *t, const struct invocation *v)
{
    const char *interval = option_value(v, "interval"), *count = option_value(v, "count");
    int64_t n = 0;
    if (!interval)
        interval = "1s";
    if (!value_duration(interval, &t->interval) || t->interval < 100 * USEC_PER_MS) {
        fprintf(stderr, "sluicectl top: --interval is a time of at least 100ms, not %s\n",
                interval);
        return false;
    }
    if (count && (!value_number(count, &n) || n < 1)) {
        fprintf(stderr, "sluicectl top: --count is a number from 1 on, not %s\n", count);
        return false;
    }
    t->count = (unsigned long)n;
    return true;
}

/* Why nobody answers, in one line. */
static enum status nobody(const struct top *t)
{
    struct sample s;
    sample_take(&s, t->invocation->run_dir, NULL);
    bool empty = sample_is_empty(&s);
    if (empty)
        fprintf(stderr,
                "sluicectl: nobody answers in %s: sluice-dataplane: %s; sluice-control: %s\n",
                t->invocation->run_dir, s.reason[PROCESS_DATAPLANE], s.reason[PROCESS_CONTROL]);
    sample_free(&s);
    return empty ? STATUS_NO_ANSWER : STATUS_OK;
}

static enum status run(const struct invocation *v)
{
    struct top *t = calloc(1, sizeof(*t));
    if (!t)
        return STATUS_FAILED;
    t->invocation = v;
    t->drawing = terminal_is_one() && !v->json && !option_given(v, "plain");
    enum status status = read_options(t, v) ? nobody(t) : STATUS_USAGE;
    if (status == STATUS_OK) {
        terminal_open(t->drawing);
        run_until_end(t);
        terminal_close();
    }
    sample_free(&t->before);
    sample_free(&t->now);
    free(t);
    return status;
}

static const struct command_option own_options[] = {
    {"interval", "TIME", "between two looks (1s)", COMPLETE_NOTHING},
    {"count", "N", "end after so many", COMPLETE_NOTHING},
    {"room", "NAME", "whose participants are shown (the room that is sent most)", COMPLETE_NOTHING},
    {"plain", NULL, "one text after the other, as when this is no terminal", COMPLETE_NOTHING},
    {0},
};

const struct command command_top = {
    .name = "top",
    .arguments = "",
    .summary = "the server at work: rates, latency, drops, CPU, rooms, participants",
    .details = "q or Ctrl-C ends it, space looks at once. CPU is of one core. Latency is from the\n"
               "reception of a packet to its sending, of what was sent since the last look.",
    .options = own_options,
    .run = run,
};

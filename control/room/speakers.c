/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/speakers.h"

#include "control/room/arena.h"
#include "control/room/forward.h"
#include "control/room/say.h"
#include "control/room/subscription.h"

#include <math.h>

#define EIGHTHS         8
#define SIMULATED_LEVEL 0.9

static double linear(double dbov)
{
    return pow(10, -dbov / 20);
}

/* Without a report: a window and some patience. */
static usec_t silence_after(const struct rooms *rs)
{
    return rs->config.speaker_interval * USEC_PER_MS * 11 / 8;
}

double speakers_smooth(const struct rooms_config *c, double level, uint32_t loudest,
                       uint32_t active_ms)
{
    uint32_t window = c->speaker_interval;
    if (active_ms * 100 < c->speaker_percent * window)
        return 0;
    double active = active_ms < window ? active_ms : window;
    double now = linear(loudest - 20 * log10(active / window));
    return level + (now - level) * 2 / (c->speaker_smoothing + 1);
}

static uint32_t eighths(double level)
{
    double n = ceil(level * EIGHTHS);
    return n > EIGHTHS ? EIGHTHS : (uint32_t)n;
}

/* The loudest of p's tracks. */
static uint32_t level_of(const struct participant *p)
{
    if (p->simulated_speaker)
        return eighths(SIMULATED_LEVEL);
    double most = 0;
    for (const struct publication *t = p->publications; t; t = t->next) {
        double level = publication_origin(t)->level;
        if (t->published && !t->info->muted && level > most)
            most = level;
    }
    return most >= linear(p->room->rooms->config.speaker_level) ? eighths(most) : 0;
}

struct change {
    struct participant *who;
    uint32_t level;
};

static void tell(struct participant *to, const struct change *changes, size_t n)
{
    struct arena a = {0};
    Livekit__SpeakersChanged body = LIVEKIT__SPEAKERS_CHANGED__INIT;
    body.speakers = ARENA_ARRAY(&a, Livekit__SpeakerInfo *, n);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].who != to && !subscription_to_participant(to, changes[i].who))
            continue;
        Livekit__SpeakerInfo *m = ARENA_MESSAGE(&a, Livekit__SpeakerInfo, livekit__speaker_info);
        m->sid = changes[i].who->sid;
        m->level = (float)changes[i].level / EIGHTHS;
        m->active = changes[i].level > 0;
        body.speakers[body.n_speakers++] = m;
    }
    if (body.n_speakers > 0) {
        Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
        m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED;
        m.speakers_changed = &body;
        say(to, &m);
    }
    arena_free(&a);
}

/* Loudest first. */
static void insert(struct change *list, size_t n, struct participant *p, uint32_t level)
{
    size_t i = n;
    for (; i > 0 && list[i - 1].level < level; i--)
        list[i] = list[i - 1];
    list[i] = (struct change){.who = p, .level = level};
}

/* True while somebody speaks. */
static bool compare_room(struct room *r)
{
    struct arena a = {0};
    struct change *changes = ARENA_ARRAY(&a, struct change, r->participant_count);
    size_t n = 0;
    bool speech = false;
    for (struct participant *p = r->participants; p; p = p->next) {
        uint32_t level = level_of(p);
        speech |= level > 0;
        if (level == p->told_level)
            continue;
        p->told_level = level;
        insert(changes, n++, p, level);
    }
    if (n > 0)
        for (struct participant *to = r->participants; to; to = to->next)
            tell(to, changes, n);
    arena_free(&a);
    return speech;
}

static void forget_silent(struct room *r, usec_t now)
{
    for (struct participant *p = r->participants; p; p = p->next)
        for (struct publication *t = p->publications; t; t = t->next)
            if (now - t->heard_at >= silence_after(r->rooms))
                t->level = 0;
}

static void compare_all(struct rooms *rs, usec_t now)
{
    bool speech = false;
    for (struct room *r = rs->first; r; r = r->next) {
        forget_silent(r, now);
        speech |= compare_room(r);
    }
    if (speech)
        timer_start(&rs->timers, &rs->speaker_decay, now + silence_after(rs));
    else
        timer_stop(&rs->timers, &rs->speaker_decay);
}

static void nothing_heard(void *arg, usec_t now)
{
    compare_all(arg, now);
}

void speakers_init(struct rooms *rs)
{
    rs->speaker_decay = (struct timer){.fire = nothing_heard, .arg = rs};
}

void speakers_levels(struct rooms *rs, const Sluice__Link__AudioLevels *m, usec_t now)
{
    for (size_t i = 0; i < m->n_levels; i++) {
        struct source *s = index_find(&rs->sources, m->levels[i]->track);
        if (!s)
            continue;
        struct publication *t = s->track;
        t->heard_at = now;
        t->level =
            speakers_smooth(&rs->config, t->level, m->levels[i]->loudest, m->levels[i]->active_ms);
    }
    compare_all(rs, now);
}

static void simulation_ended(void *arg, usec_t now)
{
    (void)now;
    struct participant *p = arg;
    p->simulated_speaker = false;
    compare_room(p->room);
}

void speakers_simulate(struct participant *p, usec_t duration, usec_t now)
{
    p->simulated_speaker = true;
    p->simulated_speech = (struct timer){.fire = simulation_ended,
                                         .arg = p,
                                         .place = p->simulated_speech.place,
                                         .at = p->simulated_speech.at};
    timer_start(&p->room->rooms->timers, &p->simulated_speech, now + duration);
    compare_room(p->room);
}

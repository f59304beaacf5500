/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/cc_network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PACKET       1200
#define FRAME_TIME   33333
#define PACE_FACTOR  2.5
#define STEP         USEC_PER_MS
#define START        (1000 * USEC_PER_SEC) /* of our clock: virtual time 0 */
#define FEEDBACK_LEN 60                    /* headers below RTCP aside */

/* ---- links ---- */

bool link_init(struct network_link *l, const struct link_step *steps, unsigned n_steps,
               usec_t delay, usec_t queue_max)
{
    *l = (struct network_link){
        .steps = steps, .n_steps = n_steps, .delay = delay, .queue_max = queue_max};
    l->packets = calloc(LINK_PACKETS, sizeof *l->packets);
    return l->packets != NULL;
}

void link_free(struct network_link *l)
{
    free(l->packets);
}

static double capacity(const struct network_link *l, usec_t now)
{
    double bps = l->steps[0].bps;
    for (unsigned i = 1; i < l->n_steps && l->steps[i].at <= now; i++)
        bps = l->steps[i].bps;
    return bps;
}

static double chance(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / (double)(1u << 24);
}

struct link_packet *link_send(struct network_link *l, uint32_t *state, uint16_t size, usec_t now)
{
    usec_t begins = l->busy_until > now ? l->busy_until : now;
    if (begins - now > l->queue_max || l->n == LINK_PACKETS || chance(state) < l->loss)
        return NULL;
    l->busy_until = begins + (usec_t)(size * 8.0 * USEC_PER_SEC / capacity(l, now));
    struct link_packet *p = &l->packets[(l->first + l->n++) % LINK_PACKETS];
    p->arrives = l->busy_until + l->delay;
    p->size = size;
    return p;
}

const struct link_packet *link_take(struct network_link *l, usec_t now)
{
    struct link_packet *p = &l->packets[l->first];
    if (l->n == 0 || p->arrives > now)
        return NULL;
    l->first = (l->first + 1) % LINK_PACKETS;
    l->n--;
    return p;
}

/* ---- flows ---- */

struct network *network_open(const struct link_step *steps, unsigned n_steps, usec_t delay,
                             usec_t queue_max)
{
    static const struct link_step fast = {0, 1e9};
    struct network *n = calloc(1, sizeof *n);
    if (!n || !link_init(&n->forward, steps, n_steps, delay, queue_max) ||
        !link_init(&n->back, &fast, 1, delay, queue_max))
        abort();
    n->chance = 1;
    return n;
}

void network_close(struct network *n)
{
    link_free(&n->forward);
    link_free(&n->back);
    free(n);
}

struct flow *network_flow(struct network *n, const struct bwe_config *config, double goal,
                          usec_t starts)
{
    struct flow *f = &n->flows[n->n_flows++];
    bwe_init(&f->bwe, config);
    cc_history_init(&f->history, f->slots);
    f->history.next = 65000; /* wraps soon */
    twcc_recorder_init(&f->recorder, n->n_flows);
    f->starts = f->next_frame = starts;
    f->goal = goal;
    return f;
}

static void send_packet(struct network *n, struct flow *f, uint16_t size, bool marker)
{
    uint16_t seq = f->history.next;
    cc_history_put(&f->history, size, n->now + START);
    f->sent++;
    struct link_packet *p = link_send(&n->forward, &n->chance, size, n->now);
    if (!p) {
        f->lost++;
        return;
    }
    p->flow = (uint8_t)(f - n->flows);
    p->seq = seq;
    p->marker = marker;
}

static double target(const struct flow *f)
{
    double bps = bwe_estimate(&f->bwe);
    return f->send_max > 0 ? fmin(bps, f->send_max) : bps;
}

static bool paused(const struct flow *f, usec_t now)
{
    return now < f->starts || (now >= f->pause_from && now < f->pause_to);
}

static void send_probes(struct network *n, struct flow *f)
{
    prober_want(&f->bwe.prober, f->goal, false, n->now + START);
    while (bwe_probe_due(&f->bwe, &f->history, n->now + START) > 0)
        send_packet(n, f, PACKET, false);
}

static void send_media(struct network *n, struct flow *f)
{
    if (n->now >= f->next_frame) {
        f->debt += target(f) / 8 * FRAME_TIME / USEC_PER_SEC;
        f->next_frame = n->now + FRAME_TIME;
    }
    f->credit = fmin(f->credit + PACE_FACTOR * target(f) / 8 * STEP / USEC_PER_SEC, PACKET);
    while (f->debt > 0 && f->credit > 0) {
        double size = fmin(f->debt, PACKET);
        if (size < 60)
            size = 60;
        f->debt -= size;
        f->credit -= size;
        send_packet(n, f, (uint16_t)size, f->debt <= 0);
    }
}

static void receive(struct network *n)
{
    const struct link_packet *p;
    while ((p = link_take(&n->forward, n->now))) {
        struct flow *f = &n->flows[p->flow];
        twcc_recorder_record(&f->recorder, p->seq, 1, p->marker,
                             (usec_t)((int64_t)(p->arrives + START) + f->clock_shift));
        f->received_bytes += p->size;
        n->rate[p->flow][n->now / USEC_PER_MS / 100] += p->size * 8 * 10.0;
    }
}

static void answer(struct network *n, struct flow *f)
{
    uint8_t buf[FEEDBACK_MAX];
    size_t len;
    usec_t now = (usec_t)((int64_t)(n->now + START) + f->clock_shift);
    while (twcc_recorder_deadline(&f->recorder) <= now &&
           (len = twcc_recorder_feedback(&f->recorder, now, buf, sizeof buf)) > 0) {
        struct link_packet *p =
            link_send(&n->back, &n->chance, (uint16_t)(len + FEEDBACK_LEN), n->now);
        if (!p)
            continue;
        p->flow = (uint8_t)(f - n->flows);
        p->size = (uint16_t)len;
        memcpy(p->bytes, buf, len);
    }
}

static void hear(struct network *n)
{
    const struct link_packet *p;
    while ((p = link_take(&n->back, n->now))) {
        struct flow *f = &n->flows[p->flow];
        struct rtcp_cursor at = rtcp_begin(p->bytes, p->size);
        struct rtcp_packet rtcp;
        struct rtcp_twcc t;
        struct rtcp_twcc_cursor c;
        while (rtcp_next(&at, &rtcp))
            if (rtcp_read_twcc(&rtcp, &t, &c))
                bwe_feedback(&f->bwe, &f->history, &t, &c, n->now + START);
    }
}

static void note(struct network *n)
{
    unsigned ms = (unsigned)(n->now / USEC_PER_MS);
    usec_t busy = n->forward.busy_until;
    n->queue_ms[ms] = busy > n->now ? (uint32_t)((busy - n->now) / USEC_PER_MS) : 0;
    for (unsigned i = 0; ms % 100 == 0 && i < n->n_flows; i++)
        n->estimate[i][ms / 100] = bwe_estimate(&n->flows[i].bwe);
}

void network_run(struct network *n, usec_t until)
{
    for (; n->now < until; n->now += STEP) {
        receive(n);
        hear(n);
        for (unsigned i = 0; i < n->n_flows; i++) {
            struct flow *f = &n->flows[i];
            answer(n, f);
            if (paused(f, n->now))
                continue;
            send_media(n, f);
            send_probes(n, f);
        }
        note(n);
    }
}

/* ---- what came of it ---- */

double network_rate(const struct network *n, unsigned flow, usec_t from, usec_t to)
{
    double sum = 0;
    unsigned a = (unsigned)(from / 100000), b = (unsigned)(to / 100000);
    for (unsigned i = a; i < b; i++)
        sum += n->rate[flow][i];
    return sum / (b - a);
}

double network_estimate(const struct network *n, unsigned flow, usec_t at)
{
    return n->estimate[flow][at / 100000];
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

double network_queue(const struct network *n, usec_t from, usec_t to, double percentile)
{
    size_t count = (size_t)((to - from) / USEC_PER_MS);
    uint32_t *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        abort();
    memcpy(sorted, n->queue_ms + from / USEC_PER_MS, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_size);
    double at = sorted[(size_t)((double)(count - 1) * percentile / 100)];
    free(sorted);
    return at;
}

usec_t network_reaches(const struct network *n, unsigned flow, usec_t from, double bps, bool below)
{
    for (usec_t t = from; t + 500000 <= n->now; t += 100000) {
        double rate = network_rate(n, flow, t, t + 500000);
        if (below ? rate <= bps : rate >= bps)
            return t;
    }
    return USEC_NEVER;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-tokens: many token requests at the same instant for ten homeservers, one of them dead and
 * one slow. What is told is how long sluice-authz takes beyond the homeserver's own time, its
 * processor time per request, and its memory from round to round.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/tokens/certificate.h"
#include "bench/tokens/clients.h"
#include "bench/tokens/homeservers.h"
#include "bench/tokens/program.h"

#define ROUNDS_MAX 100

struct settings {
    size_t requests;
    unsigned rounds, pause_s;
    char authz[512];
};

/* Of one round, in ms. */
struct figures {
    double median, p99, worst, slow, dead, cpu;
    long memory;
};

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double quantile(double *list, size_t n, double q)
{
    qsort(list, n, sizeof(*list), by_value);
    return n > 0 ? list[(size_t)(q * (double)(n - 1))] : 0;
}

/* What clients of homeserver `server` waited beyond its own time; -1 for the healthy ones. */
static size_t select_times(const struct clients *c, const struct homeservers *h, size_t first_token,
                           int server, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
        int at = (int)(i % HOMESERVERS);
        if (server >= 0 ? at != server : at <= HOMESERVER_SLOW)
            continue;
        out[n++] = (double)(c->all[i].took - h->times[first_token + i]) / USEC_PER_MS;
    }
    return n;
}

static bool answers_are_right(const struct clients *c)
{
    for (size_t i = 0; i < c->count; i++) {
        int want = i % HOMESERVERS == HOMESERVER_DEAD ? 401 : 200;
        if (c->all[i].status == want)
            continue;
        fprintf(stderr, "bench-tokens: client %zu got %d, not %d\n", i, c->all[i].status, want);
        return false;
    }
    return true;
}

static bool one_round(struct clients *c, const struct homeservers *h, const struct program *p,
                      size_t first_token, struct figures *f)
{
    double *list = calloc(c->count + 1, sizeof(*list)), before = program_cpu_ms(p);
    bool ok = list && clients_ask(c, h, first_token) && answers_are_right(c);
    if (ok) {
        size_t n = select_times(c, h, first_token, -1, list);
        f->cpu = (program_cpu_ms(p) - before) / (double)c->count;
        f->median = quantile(list, n, 0.5);
        f->p99 = quantile(list, n, 0.99);
        f->worst = quantile(list, n, 1);
        n = select_times(c, h, first_token, HOMESERVER_SLOW, list);
        f->slow = quantile(list, n, 0.5);
        n = select_times(c, h, first_token, HOMESERVER_DEAD, list);
        f->dead = quantile(list, n, 0.5);
        f->memory = program_memory_kib(p);
    }
    free(list);
    return ok;
}

static void print(const char *name, const struct figures *f)
{
    printf("%-8s %8.1f %8.1f %8.1f %8.1f %8.0f %8.3f %8ld\n", name, f->median, f->p99, f->worst,
           f->slow, f->dead, f->cpu, f->memory);
    fflush(stdout);
}

static double median_of(const struct figures *all, unsigned n, size_t offset)
{
    double list[ROUNDS_MAX];
    for (unsigned i = 0; i < n; i++)
        memcpy(&list[i], (const char *)&all[i] + offset, sizeof(double));
    return quantile(list, n, 0.5);
}

/* Round 0 opens the connections to the homeservers: it is told, and not part of the medians. */
static void print_medians(const struct figures *all, unsigned n)
{
    const struct figures f = {
        .median = median_of(all, n, offsetof(struct figures, median)),
        .p99 = median_of(all, n, offsetof(struct figures, p99)),
        .worst = median_of(all, n, offsetof(struct figures, worst)),
        .slow = median_of(all, n, offsetof(struct figures, slow)),
        .dead = median_of(all, n, offsetof(struct figures, dead)),
        .cpu = median_of(all, n, offsetof(struct figures, cpu)),
        .memory = all[n - 1].memory,
    };
    print("medians", &f);
}

static bool measure(const struct settings *s, const struct homeservers *h, const struct program *p)
{
    struct clients c = {0};
    struct figures all[ROUNDS_MAX];
    bool ok = clients_open(&c, p, s->requests);
    printf("%-8s %8s %8s %8s %8s %8s %8s %8s\n", "round", "median", "p99", "worst", "slow", "dead",
           "cpu/req", "KiB");
    for (unsigned i = 0; ok && i < s->rounds; i++) {
        char name[16];
        if (i > 0)
            sleep(s->pause_s);
        ok = one_round(&c, h, p, i * s->requests, &all[i]);
        snprintf(name, sizeof(name), "%u", i);
        if (ok)
            print(name, &all[i]);
    }
    if (ok && s->rounds > 1)
        print_medians(all + 1, s->rounds - 1);
    clients_close(&c);
    return ok;
}

static bool run(const struct settings *s)
{
    struct program p = {0};
    struct homeservers h = {0};
    char ca_file[96];
    if (!program_prepare(&p))
        return false;
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", p.directory);
    SSL_CTX *ctx = certificate_make(ca_file);
    bool ok = ctx && homeservers_start(&h, ctx, s->requests * s->rounds) &&
              program_start(&p, s->authz, ca_file) && measure(s, &h, &p);
    if (!ok)
        fprintf(stderr, "bench-tokens: failed\n");
    program_stop(&p);
    homeservers_stop(&h);
    SSL_CTX_free(ctx);
    return ok;
}

static int usage(void)
{
    fputs("usage: bench-tokens [--requests N] [--rounds N] [--pause SECONDS] [--authz PROGRAM]\n"
          "  1000 requests at once, 6 rounds without a pause, and the sluice-authz beside this\n"
          "  program are the defaults. Times are in ms.\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct settings s = {.requests = 1000, .rounds = 6};
    char self[256] = "";
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        return 1;
    snprintf(s.authz, sizeof(s.authz), "%s/sluice-authz", dirname(self));
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value && strcmp(argv[i], "--requests") == 0)
            s.requests = strtoul(value, NULL, 10);
        else if (value && strcmp(argv[i], "--rounds") == 0)
            s.rounds = (unsigned)strtoul(value, NULL, 10);
        else if (value && strcmp(argv[i], "--pause") == 0)
            s.pause_s = (unsigned)strtoul(value, NULL, 10);
        else if (value && strcmp(argv[i], "--authz") == 0)
            snprintf(s.authz, sizeof(s.authz), "%s", value);
        else
            return usage();
    }
    if (s.requests == 0 || s.rounds == 0 || s.rounds > ROUNDS_MAX)
        return usage();
    return run(&s) ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/server_stats.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX   (256 * 1024)
#define TIMEOUT_SECS 2

/* --- the answer --- */

static void read_histogram(struct server_histogram *h, const json_t *o)
{
    size_t i;
    const json_t *bucket;
    h->count = 0;
    json_array_foreach(json_object_get(o, "buckets"), i, bucket)
    {
        const json_t *bound = json_array_get(bucket, 0);
        json_int_t n = json_integer_value(json_array_get(bucket, 1));
        if (h->count == SERVER_BUCKETS_MAX || n <= 0)
            continue;
        h->buckets[h->count].bound =
            json_is_number(bound) ? (uint64_t)json_number_value(bound) : UINT64_MAX;
        h->buckets[h->count++].n = (uint64_t)n;
    }
}

bool server_stats_parse(struct server_stats *s, const char *line, size_t len)
{
    json_t *o = json_loadb(line, len, 0, NULL);
    const char *kind = json_string_value(json_object_get(o, "kind"));
    const json_t *latency = json_object_get(o, "latency");
    s->known = kind && strcmp(kind, "process") == 0 && json_is_object(latency);
    if (s->known) {
        read_histogram(&s->audio, json_object_get(latency, "audio"));
        read_histogram(&s->video, json_object_get(latency, "video"));
    }
    json_decref(o);
    return s->known;
}

static void read_answer(struct server_stats *s, FILE *f)
{
    static char line[ANSWER_MAX];
    while (!s->known && fgets(line, sizeof line, f)) {
        if (strstr(line, "\"kind\":\"end\"") || strstr(line, "\"kind\":\"error\""))
            break;
        server_stats_parse(s, line, strlen(line));
    }
}

void server_stats_ask(struct server_stats *s, const char *path)
{
    static const char request[] = "{\"v\":1,\"get\":\"process\"}\n";
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval timeout = {.tv_sec = TIMEOUT_SECS};
    s->known = false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof to.sun_path)
        goto out;
    memcpy(to.sun_path, path, strlen(path));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        goto out;
    FILE *f = fdopen(fd, "r");
    if (f) {
        read_answer(s, f);
        fclose(f);
        return;
    }
out:
    if (fd >= 0)
        close(fd);
}

/* --- histograms --- */

void server_histogram_subtract(struct server_histogram *h, const struct server_histogram *earlier)
{
    for (size_t i = 0; i < h->count; i++) {
        for (size_t k = 0; k < earlier->count; k++) {
            if (earlier->buckets[k].bound == h->buckets[i].bound &&
                earlier->buckets[k].n <= h->buckets[i].n)
                h->buckets[i].n -= earlier->buckets[k].n;
        }
    }
}

uint64_t server_histogram_total(const struct server_histogram *h)
{
    uint64_t total = 0;
    for (size_t i = 0; i < h->count; i++)
        total += h->buckets[i].n;
    return total;
}

uint64_t server_histogram_quantile(const struct server_histogram *h, double q)
{
    uint64_t total = server_histogram_total(h), seen = 0;
    for (size_t i = 0; i < h->count && total > 0; i++) {
        seen += h->buckets[i].n;
        if ((double)seen >= q * (double)total)
            return h->buckets[i].bound;
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends datagrams that nobody asked for, as fast as it can or at a rate, for a bounded time, to an
 * address of this machine or of a private network. Prints "kind datagrams per-second".
 */
#include "bench/hostile/flood_kind.h"
#include "common/addr.h"
#include "common/clock.h"

#include <getopt.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MAX 256
#define VARIANTS    32 /* different datagrams, sent over and over */
#define BATCH       16 /* datagrams of a turn: few, so that others get the CPU in time */
#define SECONDS_MAX 60

static const char help[] = "Usage: bench-flood [options] KIND ADDRESS PORT\n"
                           "Only to loopback and private addresses; KIND is one of:\n";
static const char help_options[] =
    "  --seconds N   how long, 60 at most (5)\n"
    "  --rate N      datagrams per second; 0: as many as it can (0)\n"
    "  --sources N   sockets, each with a port of its own (16)\n";

struct flood {
    const struct flood_kind *kind;
    struct net_addr to;
    unsigned seconds, rate, sources;
    int sockets[SOCKETS_MAX];
    uint8_t data[VARIANTS][FLOOD_DATAGRAM_MAX];
    uint64_t sent;
};

static int usage(FILE *f)
{
    fputs(help, f);
    for (size_t i = 0; flood_kind_at(i); i++)
        fprintf(f, "  %-12s  %s\n", flood_kind_at(i)->name, flood_kind_at(i)->about);
    fputs(help_options, f);
    return f == stdout ? 0 : 2;
}

/* Loopback, RFC 1918, and for IPv6 loopback, unique local and link-local. */
static bool is_private(const struct net_addr *a)
{
    const uint8_t *ip = a->ip;
    if (a->family == 4)
        return ip[0] == 127 || ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
               (ip[0] == 192 && ip[1] == 168);
    static const uint8_t loopback[16] = {[15] = 1};
    return memcmp(ip, loopback, 16) == 0 || (ip[0] & 0xfe) == 0xfc ||
           (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

static bool read_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    *out = (unsigned)v;
    return end != text && *end == '\0' && v >= least && v <= most;
}

static bool read_arguments(struct flood *f, int argc, char **argv)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"rate", required_argument, NULL, 'r'},
                                            {"sources", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    int id;
    unsigned port;
    bool good = true;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == 's')
            good &= read_number(optarg, 1, SECONDS_MAX, &f->seconds);
        else if (id == 'r')
            good &= read_number(optarg, 0, 100000000, &f->rate);
        else
            good &= id == 'n' && read_number(optarg, 1, SOCKETS_MAX, &f->sources);
    }
    if (!good || argc - optind != 3)
        return false;
    f->kind = flood_kind_named(argv[optind]);
    return f->kind && read_number(argv[optind + 2], 1, 65535, &port) &&
           net_addr_parse(&f->to, argv[optind + 1], (uint16_t)port) && is_private(&f->to);
}

static bool open_sockets(struct flood *f)
{
    struct sockaddr_storage to;
    socklen_t len = net_addr_to_sockaddr(&f->to, &to);
    for (unsigned i = 0; i < f->sources; i++) {
        f->sockets[i] = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (f->sockets[i] < 0 || connect(f->sockets[i], (struct sockaddr *)&to, len) != 0)
            return false;
    }
    return true;
}

/* One system call: the kernel makes BATCH datagrams of one message (UDP_SEGMENT). */
static bool send_batch(struct flood *f, unsigned turn)
{
    struct iovec vectors[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    for (unsigned i = 0; i < BATCH; i++)
        vectors[i] = (struct iovec){f->data[(turn * 7 + i) % VARIANTS], f->kind->len};
    struct msghdr m = {.msg_iov = vectors,
                       .msg_iovlen = BATCH,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    uint16_t segment = (uint16_t)f->kind->len;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){
        .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof segment)};
    memcpy(CMSG_DATA(c), &segment, sizeof segment);
    return sendmsg(f->sockets[turn % f->sources], &m, 0) > 0;
}

/* Sleeps while more was sent than the rate allows. */
static void keep_rate(const struct flood *f, usec_t begin)
{
    if (f->rate == 0)
        return;
    usec_t due = begin + f->sent * USEC_PER_SEC / f->rate, now = clock_monotonic();
    if (due > now)
        usleep((useconds_t)(due - now));
}

static double run(struct flood *f)
{
    usec_t begin = clock_monotonic(), now = begin, end = begin + f->seconds * USEC_PER_SEC;
    for (unsigned turn = 0; now < end; turn++, now = clock_monotonic()) {
        if (send_batch(f, turn))
            f->sent += BATCH;
        else
            usleep(100); /* ICMP errors show up here, and full queues */
        keep_rate(f, begin);
    }
    return (double)(now - begin) / USEC_PER_SEC;
}

int main(int argc, char **argv)
{
    static struct flood f = {.seconds = 5, .sources = 16};
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout);
    if (!read_arguments(&f, argc, argv) || !f.kind)
        return usage(stderr);
    for (uint32_t i = 0; i < VARIANTS; i++)
        f.kind->write(f.data[i], f.kind->len, i);
    if (!open_sockets(&f)) {
        perror("bench-flood: socket");
        return 1;
    }
    double seconds = run(&f);
    printf("%s %llu %.0f\n", f.kind->name, (unsigned long long)f.sent, (double)f.sent / seconds);
    return 0;
}

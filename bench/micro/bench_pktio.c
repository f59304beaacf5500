/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the packet backends cost beside bare senders, on a veth pair whose other end drops: packets
 * per second of
 *   bare GSO     sendmmsg() of ready UDP_SEGMENT messages
 *   udp          the backend; every payload is copied in
 *   bare AF_XDP  ready frames, only descriptors are written
 *   xdp          the backend; headers, payload and checksum of every packet
 * The pairs take turns, and medians are compared. Root only. Arguments: payload bytes (1200),
 * packets in a row for one peer (10), seconds of a turn (0.5), turns (5).
 */
#include "dataplane/pktio/frame.h"
#include "dataplane/pktio/sim.h"
#include "dataplane/pktio/xdp.h"
#include "dataplane/pktio/xsk_queue.h"
#include "tests/netns/namespaces.h"

#include <net/if.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT       7882
#define PEERS      16
#define FLUSH      64 /* packets between two flushes of the xdp senders */
#define TURNS_MAX  32
#define KERNEL_MAX 1000 /* packets of a turn that may leave through the kernel */

struct options {
    size_t size;
    unsigned row, turns;
    usec_t turn;
};

static struct options options = {.size = 1200, .row = 10, .turns = 5, .turn = 500000};
static struct counters counters;
static uint8_t payload[PKTIO_PAYLOAD_MAX];

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static struct net_path path_to(unsigned peer)
{
    struct net_path path = {0};
    if (!net_addr_parse(&path.local, OUR_IPV4, PORT) ||
        !net_addr_parse(&path.remote, PEER_IPV4, (uint16_t)(40000 + peer)))
        die("address", "does not parse");
    return path;
}

/* The bare GSO sender: one message per peer, all for one system call. */

static struct {
    int fd;
    struct mmsghdr messages[PEERS];
    struct iovec iov;
    struct sockaddr_storage names[PEERS];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
} gso;

static void gso_open(void)
{
    gso.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t bytes = options.size * options.row;
    gso.iov = (struct iovec){.iov_base = calloc(1, bytes), .iov_len = bytes};
    uint16_t segment = (uint16_t)options.size;
    struct cmsghdr *c = (struct cmsghdr *)gso.control;
    *c = (struct cmsghdr){
        .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(segment))};
    memcpy(CMSG_DATA(c), &segment, sizeof(segment));
    for (unsigned i = 0; i < PEERS; i++) {
        struct net_path path = path_to(i);
        gso.messages[i].msg_hdr =
            (struct msghdr){.msg_name = &gso.names[i],
                            .msg_namelen = net_addr_to_sockaddr(&path.remote, &gso.names[i]),
                            .msg_iov = &gso.iov,
                            .msg_iovlen = 1,
                            .msg_control = gso.control,
                            .msg_controllen = sizeof(gso.control)};
    }
}

static uint64_t gso_round(void)
{
    int n = sendmmsg(gso.fd, gso.messages, PEERS, 0);
    return n > 0 ? (uint64_t)n * options.row : 0;
}

/* A backend: rows for one peer after another. */

static struct pktio *io;
static struct net_path paths[PEERS];
static unsigned flush_after;

static void backend_send(const struct net_path *path)
{
    uint8_t *p = pktio_send(io, path, options.size);
    if (!p) {
        pktio_flush(io, clock_monotonic());
        p = pktio_send(io, path, options.size);
    }
    if (p)
        memcpy(p, payload, options.size);
}

static uint64_t backend_round(void)
{
    uint64_t before = counters_get(&counters, COUNTER_TX_PACKETS);
    unsigned filled = 0;
    for (unsigned i = 0; i < PEERS; i++) {
        for (unsigned k = 0; k < options.row; k++) {
            backend_send(&paths[i]);
            if (++filled % flush_after == 0)
                pktio_flush(io, clock_monotonic());
        }
    }
    pktio_flush(io, clock_monotonic());
    return counters_get(&counters, COUNTER_TX_PACKETS) - before;
}

/* The bare AF_XDP sender: frames once written, sent over and over. */

static struct xsk_queue bare;

static void bare_write_all(void)
{
    struct net_path path = path_to(0);
    struct frame_link link = {.remote_mac = {2, 0, 0, 0, 0, 2}, .local_mac = {2, 0, 0, 0, 0, 1}};
    for (unsigned i = 0; i < XSK_TX_FRAMES; i++)
        frame_finish(frame_write_headers(bare.area + bare.tx_free[i], &path, &link, options.size) -
                     frame_headers_size(&path, &link));
}

static uint64_t bare_round(void)
{
    struct net_path path = paths[0];
    struct frame_link link = {0};
    size_t size = frame_headers_size(&path, &link) + options.size;
    uint64_t n = 0;
    for (; n < FLUSH && xsk_queue_send(&bare, size); n++)
        ;
    xsk_queue_flush(&bare, clock_monotonic());
    return n;
}

/* Running them. */

static double rate(uint64_t (*round)(void))
{
    uint64_t n = 0;
    usec_t start = clock_monotonic(), now = start;
    for (; now - start < options.turn; now = clock_monotonic())
        n += round();
    return (double)n / (double)(now - start);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, options.turns, sizeof(*v), by_value);
    return v[options.turns / 2];
}

static struct pktio_set *open_backend(enum pktio_backend backend)
{
    static const char *const interfaces[] = {OUR_INTERFACE, NULL};
    char err[PKTIO_ERROR_TEXT];
    struct pktio_config config = {.backend = backend,
                                  .workers = 1,
                                  .ports = {PORT},
                                  .ipv4 = true,
                                  .interfaces = interfaces,
                                  .socket_buffer = 4 << 20,
                                  .counters = {&counters}};
    struct pktio_set *set = pktio_open(&config, err);
    if (!set)
        die("backend", err);
    io = pktio_worker(set, 0);
    return set;
}

/* Paths as they are learnt from received frames; the udp backend does not look at the link. */
static void prepare_paths(uint8_t mark)
{
    struct frame_link link = {
        .remote_mac = {2, 0, 0, 0, 0, 2}, .local_mac = {2, 0, 0, 0, 0, 1}, .port = mark};
    for (unsigned i = 0; i < PEERS; i++) {
        paths[i] = path_to(i);
        frame_link_set(&paths[i], &link);
    }
}

static void report(const char *name, const char *bare_name, double *backend, double *plain)
{
    double b = median(plain), v = median(backend);
    printf("%-12s %6.3f Mpps\n%-12s %6.3f Mpps  %3.0f %%\n", bare_name, b, name, v, 100 * v / b);
}

static void compare_udp(void)
{
    double plain[TURNS_MAX], backend[TURNS_MAX];
    struct pktio_set *set = open_backend(PKTIO_UDP);
    flush_after = UINT32_MAX;
    gso_open();
    prepare_paths(0);
    for (unsigned i = 0; i < options.turns; i++) {
        plain[i] = rate(gso_round);
        backend[i] = rate(backend_round);
    }
    pktio_close(set);
    report("udp", "bare GSO", backend, plain);
}

static void compare_xdp(void)
{
    double plain[TURNS_MAX], backend[TURNS_MAX];
    char err[PKTIO_ERROR_TEXT];
    struct pktio_set *set = open_backend(PKTIO_XDP);
    if (!xsk_queue_open(&bare, xsk_socket_new(), if_nametoindex("bare0"), 0, 0, &counters, err))
        die("bare AF_XDP", err);
    bare_write_all();
    flush_after = FLUSH;
    prepare_paths(xdp_port_mark((const struct xdp_worker *)io, 0));
    uint64_t through_kernel = counters_get(&counters, COUNTER_TX_PACKETS) -
                              counters_get(&counters, COUNTER_TX_XDP_PACKETS);
    for (unsigned i = 0; i < options.turns; i++) {
        plain[i] = rate(bare_round);
        backend[i] = rate(backend_round);
    }
    through_kernel = counters_get(&counters, COUNTER_TX_PACKETS) -
                     counters_get(&counters, COUNTER_TX_XDP_PACKETS) - through_kernel;
    xsk_queue_close(&bare);
    pktio_close(set);
    report("xdp", "bare AF_XDP", backend, plain);
    printf("%-12s %6llu packets left through the kernel\n", "", (unsigned long long)through_kernel);
    if (through_kernel > options.turns * KERNEL_MAX)
        die("xdp", "that is not what was to be measured");
}

/* The floor under benchmarks of what stands above: a copy into memory. */
static void measure_sim(void)
{
    double v[TURNS_MAX];
    struct pktio_sim_config config = {
        .workers = 1, .slots = 1024, .discard_sent = true, .counters = {&counters}};
    struct pktio_set *set = pktio_sim_open(&config);
    if (!set)
        die("sim", "cannot open");
    io = pktio_worker(set, 0);
    flush_after = FLUSH;
    for (unsigned i = 0; i < options.turns; i++)
        v[i] = rate(backend_round);
    pktio_close(set);
    printf("%-12s %6.3f Mpps\n", "sim", median(v));
}

/* The peer takes the frames for another host's and drops them. The bare AF_XDP sender has a pair of
 * its own: the backend takes all queues of the first. Segments are split by software, as
 * for a device without UDP segmentation. */
static bool prepare(void)
{
    return namespaces_create(1) &&
           namespace_run("ip neigh replace " PEER_IPV4
                         " lladdr 02:00:00:00:00:02 dev " OUR_INTERFACE " nud permanent") &&
           namespace_run("ip link add bare0 type veth peer name bare1 && "
                         "ip link set bare0 up && ip link set bare1 up") &&
           namespace_run("ethtool -K " OUR_INTERFACE " tx-udp-segmentation off");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        options.size = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        options.row = (unsigned)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        options.turn = (usec_t)(strtod(argv[3], NULL) * 1e6);
    if (argc > 4)
        options.turns = (unsigned)strtoul(argv[4], NULL, 10);
    if (options.size < 1 || options.size > PKTIO_PAYLOAD_MAX || options.row < 1 ||
        options.row > 64 || options.row * options.size > 65000 || options.turns < 1 ||
        options.turns > TURNS_MAX)
        die("arguments", "out of range");
    if (!prepare())
        die("namespaces", "need root and veth");
    printf("%zu bytes, %u in a row for each of %d peers\n", options.size, options.row, PEERS);
    compare_udp();
    compare_xdp();
    measure_sim();
    return 0;
}

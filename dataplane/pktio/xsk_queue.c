/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/xsk_queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AREA_SIZE      ((size_t)(XSK_RX_FRAMES + XSK_TX_FRAMES) * XSK_FRAME_SIZE)
#define BUSY_PAUSE_NS  10000000
#define DEAD_RETRY     (200 * USEC_PER_MS)
#define MAX_TX_BUDGET  9 /* XDP_MAX_TX_SKB_BUDGET of newer kernels' if_xdp.h */
#define TX_BUDGET_WANT 256

static int bind_patiently(const struct xsk_queue *x, usec_t busy_until)
{
    const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
    int error = xsk_bind(x->fd, x->ifindex, x->queue);
    while (error == EBUSY && clock_monotonic() < busy_until) {
        nanosleep(&pause, NULL);
        error = xsk_bind(x->fd, x->ifindex, x->queue);
    }
    return error;
}

static int open_rings(struct xsk_queue *x, usec_t busy_until)
{
    const struct xsk_memory memory = {.area = x->area,
                                      .size = AREA_SIZE,
                                      .frame_size = XSK_FRAME_SIZE,
                                      .rx_frames = XSK_RX_FRAMES,
                                      .tx_frames = XSK_TX_FRAMES};
    int error = xsk_rings_open(&x->rings, x->fd, &memory);
    return error != 0 ? error : bind_patiently(x, busy_until);
}

static bool is_zerocopy(int fd)
{
    struct xdp_options options = {0};
    socklen_t len = sizeof(options);
    return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0 &&
           (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

static void give_rx_frames(struct xsk_queue *x)
{
    uint32_t at = 0, n = xsk_ring_prod__reserve(&x->rings.fill, XSK_RX_FRAMES, &at);
    for (uint32_t i = 0; i < n; i++)
        *xsk_ring_prod__fill_addr(&x->rings.fill, at + i) = (uint64_t)i * XSK_FRAME_SIZE;
    xsk_ring_prod__submit(&x->rings.fill, n);
}

static bool allocate(struct xsk_queue *x)
{
    void *area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    x->area = area == MAP_FAILED ? NULL : area;
    x->tx_free = calloc(XSK_TX_FRAMES, sizeof(*x->tx_free));
    if (!x->area || !x->tx_free)
        return false;
    for (uint32_t i = 0; i < XSK_TX_FRAMES; i++)
        x->tx_free[i] = (uint64_t)(XSK_RX_FRAMES + i) * XSK_FRAME_SIZE;
    x->tx_free_count = XSK_TX_FRAMES;
    return true;
}

bool xsk_queue_open(struct xsk_queue *x, int socket, uint32_t ifindex, uint32_t queue,
                    usec_t busy_until, struct counters *counters, char err[PKTIO_ERROR_TEXT])
{
    *x = (struct xsk_queue){.fd = socket, .ifindex = ifindex, .queue = queue, .counters = counters};
    int error = allocate(x) ? open_rings(x, busy_until) : ENOMEM;
    if (error != 0) {
        snprintf(err, PKTIO_ERROR_TEXT, "AF_XDP socket on queue %u: %s", queue, strerror(error));
        xsk_queue_close(x);
        return false;
    }
    x->zerocopy = is_zerocopy(x->fd);
    int budget = TX_BUDGET_WANT; /* copy mode: frames per system call, where the kernel lets us */
    setsockopt(x->fd, SOL_XDP, MAX_TX_BUDGET, &budget, sizeof(budget));
    give_rx_frames(x);
    return true;
}

void xsk_queue_close(struct xsk_queue *x)
{
    xsk_rings_close(&x->rings);
    if (x->fd >= 0)
        close(x->fd);
    if (x->area)
        munmap(x->area, AREA_SIZE);
    free(x->tx_free);
    *x = (struct xsk_queue){.fd = -1};
}

size_t xsk_queue_receive(struct xsk_queue *x, struct pktio_packet *out, size_t room)
{
    uint32_t at = 0, want = PKTIO_BURST - x->held_count;
    if (room < want)
        want = (uint32_t)room;
    uint32_t n = xsk_ring_cons__peek(&x->rings.rx, want, &at);
    for (uint32_t i = 0; i < n; i++) {
        const struct xdp_desc *d = xsk_ring_cons__rx_desc(&x->rings.rx, at + i);
        x->held[x->held_count++] = d->addr & ~(uint64_t)(XSK_FRAME_SIZE - 1);
        out[i].data = x->area + d->addr;
        out[i].len = d->len;
    }
    if (n > 0)
        xsk_ring_cons__release(&x->rings.rx, n);
    return n;
}

void xsk_queue_receive_done(struct xsk_queue *x)
{
    uint32_t at = 0, n = x->held_count;
    if (n == 0)
        return;
    /* The ring is as large as there are RX frames: there is always room. */
    if (xsk_ring_prod__reserve(&x->rings.fill, n, &at) != n)
        return;
    for (uint32_t i = 0; i < n; i++)
        *xsk_ring_prod__fill_addr(&x->rings.fill, at + i) = x->held[i];
    xsk_ring_prod__submit(&x->rings.fill, n);
    x->held_count = 0;
    if (xsk_ring_prod__needs_wakeup(&x->rings.fill))
        recvfrom(x->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static void reap(struct xsk_queue *x)
{
    uint32_t at = 0, n = xsk_ring_cons__peek(&x->rings.completion, XSK_TX_FRAMES, &at);
    for (uint32_t i = 0; i < n; i++)
        x->tx_free[x->tx_free_count++] = *xsk_ring_cons__comp_addr(&x->rings.completion, at + i);
    if (n > 0)
        xsk_ring_cons__release(&x->rings.completion, n);
}

uint8_t *xsk_queue_send(struct xsk_queue *x, size_t len)
{
    uint32_t at = 0;
    if (x->tx_free_count == 0)
        reap(x);
    if (x->tx_filled == XSK_TX_BATCH || x->tx_free_count == 0 ||
        xsk_ring_prod__reserve(&x->rings.tx, 1, &at) != 1)
        return NULL;
    uint64_t addr = x->tx_free[--x->tx_free_count];
    *xsk_ring_prod__tx_desc(&x->rings.tx, at) =
        (struct xdp_desc){.addr = addr, .len = (uint32_t)len};
    x->tx_filled++;
    return x->area + addr;
}

uint8_t *xsk_queue_filled(struct xsk_queue *x, unsigned n)
{
    return x->area +
           xsk_ring_prod__tx_desc(&x->rings.tx, x->rings.tx.cached_prod - x->tx_filled + n)->addr;
}

static uint32_t taken(const struct xsk_queue *x)
{
    return __atomic_load_n(x->rings.tx.consumer, __ATOMIC_ACQUIRE);
}

bool xsk_queue_outstanding(const struct xsk_queue *x)
{
    return *x->rings.tx.producer != taken(x);
}

/* Copy mode sends inside the system call, a budget at a time; with zero-copy it only wakes the
 * driver, when that asks for it. EAGAIN: there is more, or the device is full and nothing moves;
 * EBUSY, ENOBUFS: later. */
static void kick(struct xsk_queue *x, usec_t now)
{
    bool moves = true;
    while (moves && xsk_queue_outstanding(x) && xsk_ring_prod__needs_wakeup(&x->rings.tx)) {
        uint32_t before = taken(x);
        bool sent = sendto(x->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0;
        if (!sent && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS && errno != EINTR) {
            x->dead = true;
            x->retry_at = now + DEAD_RETRY;
            return;
        }
        moves = !x->zerocopy && taken(x) != before;
    }
}

void xsk_queue_flush(struct xsk_queue *x, usec_t now)
{
    if (x->tx_filled > 0)
        xsk_ring_prod__submit(&x->rings.tx, x->tx_filled);
    x->tx_filled = 0;
    if (x->dead && now < x->retry_at)
        return;
    x->dead = false;
    kick(x, now);
    reap(x);
}

void xsk_queue_count_overflow(struct xsk_queue *x)
{
    struct xdp_statistics stats = {0};
    socklen_t len = sizeof(stats);
    if (getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &stats, &len) != 0)
        return;
    uint64_t total = stats.rx_dropped + stats.rx_ring_full; /* the first: fill ring empty, too */
    counters_add(x->counters, COUNTER_DROP_RX_OVERFLOW, total - x->overflow);
    x->overflow = total;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/sim.h"

#include "dataplane/pktio/backend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct slot {
    _Alignas(64) struct net_path path;
    uint32_t len;
    _Alignas(64) uint8_t data[PKTIO_RECEIVE_MAX];
};

/* One writer, one reader. The writer fills slots tail..reserved before it publishes them at once;
 * the reader looks at head..taken before it gives them back at once. */
struct queue {
    _Alignas(64) _Atomic uint32_t tail;
    uint32_t reserved;
    _Alignas(64) _Atomic uint32_t head;
    uint32_t taken;
    _Alignas(64) uint32_t size;
    struct slot *slots;
};

struct sim_worker {
    struct pktio io;
    struct queue in, out;
    bool discard;
    int wake_fd; /* -1: none */
};

struct sim_set {
    struct pktio_set set;
    struct sim_worker workers[PKTIO_WORKERS_MAX];
};

static bool queue_init(struct queue *q, uint32_t size)
{
    *q = (struct queue){.size = size};
    q->slots = aligned_alloc(64, sizeof(struct slot) * size);
    return q->slots != NULL;
}

static struct slot *queue_reserve(struct queue *q)
{
    uint32_t used = q->reserved - atomic_load_explicit(&q->head, memory_order_acquire);
    return used < q->size ? &q->slots[q->reserved++ & (q->size - 1)] : NULL;
}

static void queue_publish(struct queue *q)
{
    atomic_store_explicit(&q->tail, q->reserved, memory_order_release);
}

static size_t queue_take(struct queue *q, struct pktio_packet *out)
{
    uint32_t tail = atomic_load_explicit(&q->tail, memory_order_acquire);
    size_t n = 0;
    for (; n < PKTIO_BURST && q->taken != tail; n++, q->taken++) {
        struct slot *s = &q->slots[q->taken & (q->size - 1)];
        out[n] = (struct pktio_packet){.data = s->data, .len = s->len, .path = s->path};
    }
    return n;
}

static void queue_take_done(struct queue *q)
{
    atomic_store_explicit(&q->head, q->taken, memory_order_release);
}

static size_t sim_receive(struct pktio *io, struct pktio_packet *out, usec_t now)
{
    struct sim_worker *w = (struct sim_worker *)io;
    (void)now;
    uint64_t rung;
    if (w->wake_fd >= 0 && read(w->wake_fd, &rung, sizeof(rung)) < 0)
        rung = 0; /* not rung since: what waits is in the queue all the same */
    size_t n = queue_take(&w->in, out), bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += out[i].len;
    counters_add(io->counters, COUNTER_RX_PACKETS, n);
    counters_add(io->counters, COUNTER_RX_BYTES, bytes);
    /* A full burst may have left some behind whose ring was just answered. */
    rung = 1;
    if (n == PKTIO_BURST && w->wake_fd >= 0 && write(w->wake_fd, &rung, sizeof(rung)) < 0)
        return n;
    return n;
}

static void sim_receive_done(struct pktio *io)
{
    queue_take_done(&((struct sim_worker *)io)->in);
}

static uint8_t *sim_send(struct pktio *io, const struct net_path *path, size_t len)
{
    struct slot *s = queue_reserve(&((struct sim_worker *)io)->out);
    if (!s)
        return NULL;
    s->path = *path;
    s->len = (uint32_t)len;
    return s->data;
}

static void sim_flush(struct pktio *io, usec_t now)
{
    struct sim_worker *w = (struct sim_worker *)io;
    struct queue *q = &w->out;
    (void)now;
    uint32_t from = atomic_load_explicit(&q->tail, memory_order_relaxed);
    uint64_t bytes = 0;
    for (uint32_t i = from; i != q->reserved; i++)
        bytes += q->slots[i & (q->size - 1)].len;
    counters_add(io->counters, COUNTER_TX_PACKETS, q->reserved - from);
    counters_add(io->counters, COUNTER_TX_BYTES, bytes);
    if (w->discard)
        q->reserved = from; /* the same slots again: they stay in the cache */
    else
        queue_publish(q);
}

static size_t sim_fds(struct pktio *io, struct pollfd *fds)
{
    const struct sim_worker *w = (const struct sim_worker *)io;
    if (w->wake_fd < 0)
        return 0;
    fds[0] = (struct pollfd){.fd = w->wake_fd, .events = POLLIN};
    return 1;
}

static usec_t sim_deadline(const struct pktio *io)
{
    (void)io;
    return USEC_NEVER;
}

static const struct pktio_ops sim_ops = {
    .receive = sim_receive,
    .receive_done = sim_receive_done,
    .send = sim_send,
    .flush = sim_flush,
    .fds = sim_fds,
    .deadline = sim_deadline,
};

static struct sim_worker *sim_worker_of(struct pktio_set *set, unsigned worker)
{
    return &((struct sim_set *)set)->workers[worker];
}

static struct pktio *sim_worker(struct pktio_set *set, unsigned worker)
{
    return &sim_worker_of(set, worker)->io;
}

static void sim_close(struct pktio_set *set)
{
    for (unsigned i = 0; i < set->workers; i++) {
        struct sim_worker *w = sim_worker_of(set, i);
        free(w->in.slots);
        free(w->out.slots);
        if (w->wake_fd >= 0)
            close(w->wake_fd);
    }
    free(set);
}

static bool sim_worker_open(struct sim_worker *w, const struct pktio_sim_config *config,
                            unsigned index)
{
    w->io = (struct pktio){.ops = &sim_ops, .counters = config->counters[index]};
    w->discard = config->discard_sent;
    w->wake_fd = -1;
    if (!w->io.counters || !queue_init(&w->in, config->slots) ||
        !queue_init(&w->out, config->slots))
        return false;
    if (config->wake)
        w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return !config->wake || w->wake_fd >= 0;
}

struct pktio_set *pktio_sim_open(const struct pktio_sim_config *config)
{
    if (config->workers < 1 || config->workers > PKTIO_WORKERS_MAX || config->slots == 0 ||
        (config->slots & (config->slots - 1)) != 0)
        return NULL;
    struct sim_set *s = aligned_alloc(64, sizeof(*s));
    if (!s)
        return NULL;
    memset(s, 0, sizeof(*s));
    s->set = (struct pktio_set){.worker = sim_worker, .close = sim_close, .description = "sim"};
    for (; s->set.workers < config->workers; s->set.workers++) {
        unsigned i = s->set.workers;
        if (sim_worker_open(&s->workers[i], config, i))
            continue;
        s->set.workers = i + 1;
        sim_close(&s->set);
        return NULL;
    }
    return &s->set;
}

bool pktio_sim_inject(struct pktio_set *set, unsigned worker, const struct net_path *path,
                      const void *data, size_t len)
{
    struct sim_worker *w = sim_worker_of(set, worker);
    struct slot *s = len > 0 && len <= PKTIO_RECEIVE_MAX ? queue_reserve(&w->in) : NULL;
    if (!s)
        return false;
    s->path = *path;
    s->len = (uint32_t)len;
    memcpy(s->data, data, len);
    queue_publish(&w->in);
    uint64_t one = 1;
    return w->wake_fd < 0 || write(w->wake_fd, &one, sizeof(one)) == sizeof(one);
}

size_t pktio_sim_take(struct pktio_set *set, unsigned worker,
                      struct pktio_packet out[static PKTIO_BURST])
{
    return queue_take(&sim_worker_of(set, worker)->out, out);
}

void pktio_sim_take_done(struct pktio_set *set, unsigned worker)
{
    queue_take_done(&sim_worker_of(set, worker)->out);
}

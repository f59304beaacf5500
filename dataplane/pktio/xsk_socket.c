/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/xsk_socket.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

int xsk_socket_new(void)
{
    return socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
}

struct ring_kind {
    int option;
    off_t offset; /* for mmap(2) */
    size_t entry;
};

static const struct ring_kind kinds[XSK_RINGS] = {
    [XSK_FILL] = {XDP_UMEM_FILL_RING, (off_t)XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t)},
    [XSK_COMPLETION] = {XDP_UMEM_COMPLETION_RING, (off_t)XDP_UMEM_PGOFF_COMPLETION_RING,
                        sizeof(uint64_t)},
    [XSK_RX] = {XDP_RX_RING, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc)},
    [XSK_TX] = {XDP_TX_RING, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc)},
};

/* Where its parts lie in a mapped ring. */
struct ring_view {
    uint32_t size;
    uint32_t *producer, *consumer, *flags;
    void *entries;
};

static int map_ring(struct xsk_rings *r, int fd, enum xsk_ring which, uint32_t size,
                    const struct xdp_ring_offset *at, struct ring_view *out)
{
    const struct ring_kind *k = &kinds[which];
    size_t bytes = at->desc + size * k->entry;
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, k->offset);
    if (map == MAP_FAILED)
        return errno;
    r->map[which] = map;
    r->map_size[which] = bytes;
    uint8_t *p = map;
    *out = (struct ring_view){.size = size,
                              .producer = (void *)(p + at->producer),
                              .consumer = (void *)(p + at->consumer),
                              .flags = (void *)(p + at->flags),
                              .entries = p + at->desc};
    return 0;
}

/* The kernel's side takes from it. All entries are free: the consumer is a ring ahead. */
static struct xsk_ring_prod producer_of(const struct ring_view *v)
{
    return (struct xsk_ring_prod){.cached_prod = *v->producer,
                                  .cached_cons = *v->consumer + v->size,
                                  .mask = v->size - 1,
                                  .size = v->size,
                                  .producer = v->producer,
                                  .consumer = v->consumer,
                                  .ring = v->entries,
                                  .flags = v->flags};
}

static struct xsk_ring_cons consumer_of(const struct ring_view *v)
{
    return (struct xsk_ring_cons){.cached_prod = *v->producer,
                                  .cached_cons = *v->consumer,
                                  .mask = v->size - 1,
                                  .size = v->size,
                                  .producer = v->producer,
                                  .consumer = v->consumer,
                                  .ring = v->entries,
                                  .flags = v->flags};
}

static int set_sizes(int fd, const struct xsk_memory *m)
{
    const struct xdp_umem_reg umem = {
        .addr = (uintptr_t)m->area, .len = m->size, .chunk_size = m->frame_size};
    const uint32_t size[XSK_RINGS] = {m->rx_frames, m->tx_frames, m->rx_frames, m->tx_frames};
    if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) != 0)
        return errno;
    for (int i = 0; i < XSK_RINGS; i++)
        if (setsockopt(fd, SOL_XDP, kinds[i].option, &size[i], sizeof(size[i])) != 0)
            return errno;
    return 0;
}

static int map_rings(struct xsk_rings *r, int fd, const struct xsk_memory *m)
{
    struct xdp_mmap_offsets at;
    socklen_t len = sizeof(at);
    struct ring_view v[XSK_RINGS];
    if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len) != 0)
        return errno;
    const struct xdp_ring_offset *const offsets[XSK_RINGS] = {&at.fr, &at.cr, &at.rx, &at.tx};
    for (int i = 0; i < XSK_RINGS; i++) {
        bool receiving = i == XSK_FILL || i == XSK_RX;
        int error = map_ring(r, fd, (enum xsk_ring)i, receiving ? m->rx_frames : m->tx_frames,
                             offsets[i], &v[i]);
        if (error != 0)
            return error;
    }
    r->fill = producer_of(&v[XSK_FILL]);
    r->tx = producer_of(&v[XSK_TX]);
    r->completion = consumer_of(&v[XSK_COMPLETION]);
    r->rx = consumer_of(&v[XSK_RX]);
    return 0;
}

int xsk_rings_open(struct xsk_rings *r, int fd, const struct xsk_memory *m)
{
    memset(r, 0, sizeof(*r));
    int error = set_sizes(fd, m);
    if (error == 0)
        error = map_rings(r, fd, m);
    if (error != 0)
        xsk_rings_close(r);
    return error;
}

int xsk_bind(int fd, uint32_t ifindex, uint32_t queue)
{
    const struct sockaddr_xdp at = {.sxdp_family = AF_XDP,
                                    .sxdp_flags = XDP_USE_NEED_WAKEUP,
                                    .sxdp_ifindex = ifindex,
                                    .sxdp_queue_id = queue};
    return bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : errno;
}

void xsk_rings_close(struct xsk_rings *r)
{
    for (int i = 0; i < XSK_RINGS; i++)
        if (r->map[i])
            munmap(r->map[i], r->map_size[i]);
    memset(r, 0, sizeof(*r));
}

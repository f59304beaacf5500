/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet buffers: a plaintext packet with what was parsed of it, shared by reference count between
 * the history of its layer and the workers that are sending it. A pool belongs to one worker; only
 * that worker counts. Others may read a frame while a reference is held for them.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_FRAME_H
#define SLUICE_DATAPLANE_FORWARD_FRAME_H

#include "dataplane/forward/packet.h"

#include <stddef.h>
#include <stdint.h>

#define FRAME_DATA 1600 /* a full datagram */

struct frame {
    uint32_t refs;
    uint16_t len;       /* of data */
    struct frame *next; /* in the pool while free, else for its owner to queue it */
    struct packet_info info;
    _Alignas(64) uint8_t data[FRAME_DATA];
    struct svc_info svc; /* with info.dd_len */
};

struct frame_pool {
    struct frame *frames, *free;
    uint32_t
        touched; /* frames behind it were never used: the kernel has given no memory for them */
    uint32_t size, used, high_water;
};

bool frame_pool_init(struct frame_pool *p, uint32_t size); /* false: out of memory */
void frame_pool_free(struct frame_pool *p);

/* One with a single reference, or NULL if all are in use. */
struct frame *frame_take(struct frame_pool *p);

static inline void frame_hold(struct frame *f)
{
    f->refs++;
}

void frame_release(struct frame_pool *p, struct frame *f);

#endif

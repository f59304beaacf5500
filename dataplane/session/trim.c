/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handshakes and closed sessions leave behind in the heap, whole pages between what lives on,
 * goes back to the kernel: a while after the first of them, so that a storm is paid for once.
 */
#include "dataplane/session/engine.h"

#include <malloc.h>

#define TRIM_AFTER (3 * USEC_PER_SEC)

void trim_later(struct sessions *s)
{
    if (s->trim_at == USEC_NEVER)
        s->trim_at = s->now + TRIM_AFTER;
}

void trim_run(struct sessions *s)
{
    if (s->now < s->trim_at)
        return;
    s->trim_at = USEC_NEVER;
    malloc_trim(0);
}

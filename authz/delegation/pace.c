/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/delegation/pace.h"

void pace_init(struct pace *p, uint32_t rate)
{
    *p = (struct pace){.interval = USEC_PER_SEC / (rate > 0 ? rate : 1)};
}

usec_t pace_take(struct pace *p, usec_t now)
{
    usec_t burst = PACE_BURST * p->interval, from = now > p->closed_until ? now : p->closed_until;
    if (p->next < from)
        p->next = from;
    usec_t at = p->next + p->interval > from + burst ? p->next + p->interval - burst : from;
    p->next += p->interval;
    return at;
}

void pace_close(struct pace *p, usec_t until)
{
    if (until > p->closed_until)
        p->closed_until = until;
}

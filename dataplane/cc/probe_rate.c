/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/probe_rate.h"

#include <math.h>

#define SHARE_MIN    0.8 /* of packets and bytes that must have come */
#define INTERVAL_MAX (1 * (int64_t)USEC_PER_SEC)
#define FASTER_MAX   2.0 /* arrived so much faster than sent: something had held them up */
#define SATURATED    0.9 /* arrived slower than this share: the link was full */

void probe_rate_expect(struct probe_rate *p, uint8_t cluster, unsigned packets, uint32_t bytes)
{
    if (p->cluster != cluster) /* feedback may be faster than we are */
        *p = (struct probe_rate){.cluster = cluster};
    p->packets_min = (unsigned)(packets * SHARE_MIN);
    p->bytes_min = (uint32_t)(bytes * SHARE_MIN);
}

static void add(struct probe_rate *p, usec_t sent, int64_t arrived, uint32_t size)
{
    if (p->packets == 0 || sent < p->first_sent)
        p->first_sent = sent;
    if (p->packets == 0 || sent >= p->last_sent) {
        p->last_sent = sent;
        p->last_sent_size = size;
    }
    if (p->packets == 0 || arrived < p->first_arrived) {
        p->first_arrived = arrived;
        p->first_arrived_size = size;
    }
    if (p->packets == 0 || arrived > p->last_arrived)
        p->last_arrived = arrived;
    p->packets++;
    p->bytes += size;
}

static double rate(uint32_t bytes, int64_t us)
{
    return (double)bytes * 8 * (double)USEC_PER_SEC / (double)us;
}

/* On a full link a cluster gets a share at the cost of others: what it lacks is taken off twice. */
bool probe_rate_packet(struct probe_rate *p, uint8_t cluster, usec_t sent, int64_t arrived,
                       uint32_t size, double *bps)
{
    if (cluster == 0 || cluster != p->cluster)
        return false;
    add(p, sent, arrived, size);
    if (p->packets_min == 0 || p->packets < p->packets_min || p->bytes < p->bytes_min)
        return false;
    int64_t sending = (int64_t)(p->last_sent - p->first_sent);
    int64_t arriving = p->last_arrived - p->first_arrived;
    if (sending <= 0 || sending > INTERVAL_MAX || arriving <= 0 || arriving > INTERVAL_MAX)
        return false;
    double send = rate(p->bytes - p->last_sent_size, sending);
    double arrive = rate(p->bytes - p->first_arrived_size, arriving);
    if (arrive > FASTER_MAX * send)
        return false;
    *bps = arrive < SATURATED * send ? fmax(2 * arrive - send, 0) : fmin(send, arrive);
    return true;
}

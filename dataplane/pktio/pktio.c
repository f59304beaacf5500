/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/pktio.h"

#include "common/log.h"
#include "dataplane/pktio/backend.h"

#include <stdio.h>
#include <string.h>

size_t pktio_receive(struct pktio *io, struct pktio_packet out[static PKTIO_BURST], usec_t now)
{
    return io->ops->receive(io, out, now);
}

usec_t pktio_received(const struct pktio *io)
{
    return io->ops->received ? io->ops->received(io) : 0;
}

void pktio_receive_done(struct pktio *io)
{
    io->ops->receive_done(io);
}

uint8_t *pktio_send(struct pktio *io, const struct net_path *path, size_t len)
{
    if (len == 0 || len > PKTIO_PAYLOAD_MAX)
        return NULL;
    return io->ops->send(io, path, len);
}

void pktio_flush(struct pktio *io, usec_t now)
{
    io->ops->flush(io, now);
}

size_t pktio_fds(struct pktio *io, struct pollfd fds[static PKTIO_FDS_MAX])
{
    return io->ops->fds(io, fds);
}

usec_t pktio_deadline(const struct pktio *io)
{
    return io->ops->deadline(io);
}

void pktio_allow(struct pktio *io, const struct net_path *path, bool allowed)
{
    if (io->ops->allow)
        io->ops->allow(io, path, allowed);
}

static bool config_valid(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT])
{
    if (config->workers < 1 || config->workers > PKTIO_WORKERS_MAX) {
        snprintf(err, PKTIO_ERROR_TEXT, "number of workers %u is not in 1..%d", config->workers,
                 PKTIO_WORKERS_MAX);
        return false;
    }
    if (!config->ipv4 && !config->ipv6) {
        snprintf(err, PKTIO_ERROR_TEXT, "neither IPv4 nor IPv6 is wanted");
        return false;
    }
    for (unsigned i = 0; i < config->workers; i++) {
        if (config->ports[i] != 0)
            continue;
        snprintf(err, PKTIO_ERROR_TEXT, "worker %u has no port", i);
        return false;
    }
    return true;
}

/* Where xdp cannot be opened, udp does. */
static struct pktio_set *open_best(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT])
{
    struct pktio_set *set = pktio_xdp_open(config, err);
    if (set) {
        snprintf(set->reason, sizeof(set->reason), "xdp is available");
        return set;
    }
    char reason[PKTIO_ERROR_TEXT];
    memcpy(reason, err, sizeof(reason));
    set = pktio_udp_open(config, err);
    if (set)
        snprintf(set->reason, sizeof(set->reason), "xdp is unavailable: %.200s", reason);
    return set;
}

static struct pktio_set *open_configured(const struct pktio_config *config,
                                         char err[PKTIO_ERROR_TEXT])
{
    if (config->backend == PKTIO_AUTO)
        return open_best(config, err);
    struct pktio_set *set =
        config->backend == PKTIO_UDP ? pktio_udp_open(config, err) : pktio_xdp_open(config, err);
    if (set)
        snprintf(set->reason, sizeof(set->reason), "configured");
    return set;
}

struct pktio_set *pktio_open(const struct pktio_config *config, char err[static PKTIO_ERROR_TEXT])
{
    if (!config_valid(config, err))
        return NULL;
    struct pktio_set *set = open_configured(config, err);
    if (set)
        log_info("pktio", "backend=\"%s\" because=\"%s\"", set->description, set->reason);
    return set;
}

struct pktio *pktio_worker(struct pktio_set *set, unsigned worker)
{
    return worker < set->workers ? set->worker(set, worker) : NULL;
}

const char *pktio_describe(const struct pktio_set *set)
{
    return set->description;
}

const char *pktio_reason(const struct pktio_set *set)
{
    return set->reason;
}

void pktio_close(struct pktio_set *set)
{
    if (set)
        set->close(set);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf/owner.h"

#include "bpf/loader.h"
#include "common/log.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xdp/libxdp.h>

int owner_claim(uint32_t ifindex)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    /* An abstract name: it goes with its process, and each network namespace has its own. */
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "sluice-xdp-%u", ifindex);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&name, len) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static bool is_ours(const struct xdp_program *p)
{
    const char *name = xdp_program__name(p);
    return name && strcmp(name, SLUICE_XDP_PROGRAM) == 0;
}

static bool remove_alone(uint32_t ifindex, const struct xdp_multiprog *mp)
{
    struct xdp_program *p = xdp_multiprog__main_prog(mp);
    bool generic = xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB;
    if (!p || !is_ours(p))
        return false;
    LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = xdp_program__fd(p));
    return bpf_xdp_detach((int)ifindex, generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, &opts) ==
           0;
}

static bool remove_from_dispatcher(uint32_t ifindex, const struct xdp_multiprog *mp)
{
    bool removed = false;
    for (struct xdp_program *p = NULL; (p = xdp_multiprog__next_prog(p, mp));)
        if (is_ours(p) &&
            xdp_program__detach(p, (int)ifindex, xdp_multiprog__attach_mode(mp), 0) == 0)
            removed = true;
    return removed;
}

bool owner_remove_stale(uint32_t ifindex)
{
    struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex((int)ifindex);
    if (libxdp_get_error(mp))
        return false;
    bool removed = xdp_multiprog__is_legacy(mp) ? remove_alone(ifindex, mp)
                                                : remove_from_dispatcher(ifindex, mp);
    xdp_multiprog__close(mp);
    if (removed)
        log_warn("bpf", "removed the XDP program that an earlier run left ifindex=%u", ifindex);
    return removed;
}

bool loader_clean_stale(uint32_t ifindex)
{
    int claim = owner_claim(ifindex);
    if (claim < 0)
        return false;
    bool removed = owner_remove_stale(ifindex);
    close(claim);
    return removed;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf/attach.h"

#include "bpf/owner.h"
#include "common/log.h"
#include "sluice_xdp.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

static int share(struct bpf_map *map, const struct bpf_map *of)
{
    return bpf_map__reuse_fd(map, bpf_map__fd(of));
}

/* A copy of the program, not yet loaded, with the maps of base. */
static struct sluice_xdp *open_copy(struct sluice_xdp *base)
{
    struct sluice_xdp *s = sluice_xdp__open();
    if (!s)
        return NULL;
    if (share(s->maps.config, base->maps.config) || share(s->maps.pairs, base->maps.pairs) ||
        share(s->maps.buckets, base->maps.buckets) ||
        share(s->maps.counters, base->maps.counters)) {
        sluice_xdp__destroy(s);
        return NULL;
    }
    return s;
}

static void drop_program(struct attachment *a)
{
    xdp_program__close(a->program);
    sluice_xdp__destroy(a->skeleton);
    a->program = NULL;
    a->skeleton = NULL;
}

/* libxdp attaches a program alone, by itself, where it cannot use its dispatcher. */
static bool is_alone(uint32_t ifindex)
{
    struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex((int)ifindex);
    if (libxdp_get_error(mp))
        return true;
    bool alone = xdp_multiprog__is_legacy(mp);
    xdp_multiprog__close(mp);
    return alone;
}

/* Beside other programs, through libxdp's dispatcher. 0 or an error number. */
static int attach_shared(struct attachment *a, struct sluice_xdp *base, enum xdp_attach_mode mode)
{
    int ifindex = (int)a->ifindex;
    a->skeleton = open_copy(base);
    if (!a->skeleton)
        return errno ? errno : ENOMEM;
    a->program = xdp_program__from_bpf_obj(a->skeleton->obj, "xdp");
    int rc = (int)libxdp_get_error(a->program);
    if (rc) {
        a->program = NULL;
    } else {
        rc = xdp_program__attach(a->program, ifindex, mode, 0);
        if (rc == 0 && is_alone(a->ifindex)) {
            xdp_program__detach(a->program, ifindex, mode, 0);
            rc = -EOPNOTSUPP;
        }
    }
    if (rc)
        drop_program(a);
    return -rc;
}

struct sluice_xdp *attachment_load(struct sluice_xdp *base)
{
    struct sluice_xdp *s = open_copy(base);
    if (s && sluice_xdp__load(s) == 0)
        return s;
    int saved = errno;
    sluice_xdp__destroy(s);
    errno = saved ? saved : ENOMEM;
    return NULL;
}

/* Alone, by a link: unlike what bpf_xdp_attach() does, the kernel takes it back when this process
 * ends in whatever way, and when it has no more rights. 0 or an error number. */
static int attach_alone(struct attachment *a, struct sluice_xdp *base, struct sluice_xdp **loaded,
                        unsigned flags)
{
    if (!*loaded)
        *loaded = attachment_load(base);
    if (!*loaded)
        return errno;
    LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
    a->link_fd = bpf_link_create(bpf_program__fd((*loaded)->progs.sluice_xdp), (int)a->ifindex,
                                 BPF_XDP, &opts);
    if (a->link_fd < 0)
        return errno;
    a->skeleton = *loaded;
    *loaded = NULL;
    return 0;
}

static int attach_in_mode(struct attachment *a, struct sluice_xdp *base, struct sluice_xdp **loaded,
                          bool native)
{
    a->native = native;
    if (attach_shared(a, base, native ? XDP_MODE_NATIVE : XDP_MODE_SKB) == 0)
        return 0;
    return attach_alone(a, base, loaded, native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
}

static bool claim(struct attachment *a, char err[static LOADER_ERROR_TEXT])
{
    a->owner_fd = owner_claim(a->ifindex);
    if (a->owner_fd >= 0)
        return true;
    if (errno == EADDRINUSE)
        snprintf(err, LOADER_ERROR_TEXT, "another running sluice has its XDP program there");
    else
        snprintf(err, LOADER_ERROR_TEXT, "cannot claim the interface: %s", strerror(errno));
    return false;
}

bool attachment_open(struct attachment *a, uint32_t ifindex, struct sluice_xdp *base,
                     struct sluice_xdp **loaded, char err[static LOADER_ERROR_TEXT])
{
    *a = (struct attachment){.ifindex = ifindex, .owner_fd = -1, .link_fd = -1};
    if (!claim(a, err)) {
        attachment_close(a);
        return false;
    }
    owner_remove_stale(ifindex);
    int native = attach_in_mode(a, base, loaded, true);
    if (native == 0)
        return true;
    int generic = attach_in_mode(a, base, loaded, false);
    if (generic == 0) {
        log_info("bpf", "no native XDP ifindex=%u reason=\"%s\"", ifindex, strerror(native));
        return true;
    }
    if (generic == EBUSY || generic == EEXIST)
        snprintf(err, LOADER_ERROR_TEXT, "another XDP program is attached");
    else
        snprintf(err, LOADER_ERROR_TEXT, "native: %s; generic: %s", strerror(native),
                 strerror(generic));
    attachment_close(a);
    return false;
}

struct sluice_xdp *attachment_close(struct attachment *a)
{
    char name[IF_NAMESIZE];
    struct sluice_xdp *again = NULL;
    if (a->program &&
        xdp_program__detach(a->program, (int)a->ifindex, a->native ? XDP_MODE_NATIVE : XDP_MODE_SKB,
                            0) != 0 &&
        if_indextoname(a->ifindex, name))
        log_warn("bpf", "the XDP program stays attached until the next start ifindex=%u",
                 a->ifindex);
    if (a->link_fd >= 0) {
        close(a->link_fd);
        again = a->skeleton;
        a->skeleton = NULL;
    }
    drop_program(a);
    if (a->owner_fd >= 0)
        close(a->owner_fd);
    *a = (struct attachment){.owner_fd = -1, .link_fd = -1};
    return again;
}

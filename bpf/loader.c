/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf/loader.h"

#include "bpf/attach.h"
#include "common/log.h"
#include "sluice_xdp.skel.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xdp/libxdp.h>

#define DEFAULT_PAIRS    16384
#define DEFAULT_PREFIXES 65536
#define DEFAULT_RATE     1000
#define DEFAULT_BURST    2000
#define NSEC_PER_SEC     1000000000ULL

struct loader {
    struct sluice_xdp *base; /* its program is attached nowhere; its maps are everyone's */
    struct sluice_config config;
    int config_fd, pairs_fd, counters_fd, cpus;
    struct attachment attachments[LOADER_INTERFACES_MAX];
    struct sluice_xdp *loaded[LOADER_INTERFACES_MAX]; /* and attached nowhere */
    unsigned loaded_count;
};

/* What libbpf and libxdp say is for who looks into a failure; the caller logs the outcome. */
static void log_library(const char *fmt, va_list args)
{
    char line[512];
    vsnprintf(line, sizeof line, fmt, args);
    line[strcspn(line, "\n")] = '\0';
    log_debug("bpf", "%s", line);
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
    if (level <= LIBBPF_INFO)
        log_library(fmt, args);
    return 0;
}

static int print_libxdp(enum libxdp_print_level level, const char *fmt, va_list args)
{
    if (level <= LIBXDP_INFO)
        log_library(fmt, args);
    return 0;
}

static bool write_config(struct loader *l)
{
    uint32_t zero = 0;
    return bpf_map_update_elem(l->config_fd, &zero, &l->config, BPF_ANY) == 0;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

static void configure(struct loader *l, const struct loader_config *c)
{
    uint64_t token_ns = NSEC_PER_SEC / or_default(c->rate, DEFAULT_RATE);
    l->config = (struct sluice_config){
        .port_first = c->port_first,
        .port_last = c->port_last,
        .token_ns = token_ns,
        .bucket_ns = token_ns * or_default(c->burst, DEFAULT_BURST),
    };
}

static bool load(struct loader *l, const struct loader_config *c)
{
    l->base = sluice_xdp__open();
    if (!l->base)
        return false;
    struct bpf_map *pairs = l->base->maps.pairs, *buckets = l->base->maps.buckets;
    if (bpf_map__set_max_entries(pairs, or_default(c->pairs_max, DEFAULT_PAIRS)) ||
        bpf_map__set_max_entries(buckets, or_default(c->prefixes_max, DEFAULT_PREFIXES)) ||
        sluice_xdp__load(l->base))
        return false;
    l->config_fd = bpf_map__fd(l->base->maps.config);
    l->pairs_fd = bpf_map__fd(pairs);
    l->counters_fd = bpf_map__fd(l->base->maps.counters);
    l->cpus = libbpf_num_possible_cpus();
    configure(l, c);
    return l->cpus > 0 && write_config(l);
}

struct loader *loader_open(const struct loader_config *config, char err[static LOADER_ERROR_TEXT])
{
    struct loader *l = calloc(1, sizeof *l);
    libbpf_set_print(print_libbpf);
    libxdp_set_print(print_libxdp);
    if (l && load(l, config))
        return l;
    snprintf(err, LOADER_ERROR_TEXT, "the XDP program cannot be loaded: %s", strerror(errno));
    loader_close(l);
    return NULL;
}

void loader_close(struct loader *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < LOADER_INTERFACES_MAX; i++)
        if (l->attachments[i].ifindex)
            sluice_xdp__destroy(attachment_close(&l->attachments[i]));
    while (l->loaded_count > 0)
        sluice_xdp__destroy(l->loaded[--l->loaded_count]);
    sluice_xdp__destroy(l->base);
    free(l);
}

static struct attachment *find(const struct loader *l, uint32_t ifindex)
{
    for (size_t i = 0; i < LOADER_INTERFACES_MAX; i++)
        if (l->attachments[i].ifindex == ifindex)
            return (struct attachment *)&l->attachments[i];
    return NULL;
}

static void keep(struct loader *l, struct sluice_xdp *loaded)
{
    if (loaded && l->loaded_count < LOADER_INTERFACES_MAX)
        l->loaded[l->loaded_count++] = loaded;
    else
        sluice_xdp__destroy(loaded);
}

bool loader_prepare(struct loader *l, unsigned n)
{
    for (; n > 0 && l->loaded_count < LOADER_INTERFACES_MAX; n--) {
        struct sluice_xdp *loaded = attachment_load(l->base);
        if (!loaded)
            return false;
        keep(l, loaded);
    }
    return true;
}

bool loader_attach(struct loader *l, uint32_t ifindex, char err[static LOADER_ERROR_TEXT])
{
    struct attachment *unused = find(l, 0);
    if (ifindex == 0 || find(l, ifindex)) {
        snprintf(err, LOADER_ERROR_TEXT, "the interface is attached already, or is none");
        return false;
    }
    if (!unused) {
        snprintf(err, LOADER_ERROR_TEXT, "more than %d interfaces", LOADER_INTERFACES_MAX);
        return false;
    }
    struct sluice_xdp *loaded = l->loaded_count > 0 ? l->loaded[--l->loaded_count] : NULL;
    bool ok = attachment_open(unused, ifindex, l->base, &loaded, err);
    keep(l, loaded);
    return ok;
}

static struct attachment *attached(const struct loader *l, uint32_t ifindex)
{
    return ifindex ? find(l, ifindex) : NULL;
}

void loader_detach(struct loader *l, uint32_t ifindex)
{
    struct attachment *a = attached(l, ifindex);
    if (a)
        keep(l, attachment_close(a));
}

bool loader_is_native(const struct loader *l, uint32_t ifindex)
{
    const struct attachment *a = attached(l, ifindex);
    return a && a->native;
}

const char *loader_describe(const struct loader *l, uint32_t ifindex)
{
    const struct attachment *a = attached(l, ifindex);
    if (!a)
        return "detached";
    if (a->program)
        return a->native ? "native, dispatcher" : "generic, dispatcher";
    return a->native ? "native, alone" : "generic, alone";
}

bool loader_set_socket(struct loader *l, uint32_t ifindex, uint32_t queue, int xsk_fd)
{
    const struct attachment *a = attached(l, ifindex);
    if (!a) {
        errno = ENODEV;
        return false;
    }
    return bpf_map_update_elem(bpf_map__fd(a->skeleton->maps.sockets), &queue, &xsk_fd, BPF_ANY) ==
           0;
}

void loader_clear_socket(struct loader *l, uint32_t ifindex, uint32_t queue)
{
    const struct attachment *a = attached(l, ifindex);
    if (a)
        bpf_map_delete_elem(bpf_map__fd(a->skeleton->maps.sockets), &queue);
}

bool loader_set_ports(struct loader *l, uint16_t first, uint16_t last)
{
    l->config.port_first = first;
    l->config.port_last = last;
    return write_config(l);
}

static void map_address(uint8_t out[static 16], const struct net_addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (a->family == 6) {
        memcpy(out, a->ip, 16);
        return;
    }
    memcpy(out, prefix, sizeof prefix);
    memcpy(out + sizeof prefix, a->ip, 4);
}

static bool pair_of(struct sluice_pair *p, const struct net_addr *remote,
                    const struct net_addr *local)
{
    if (remote->family != local->family || (remote->family != 4 && remote->family != 6)) {
        errno = EINVAL;
        return false;
    }
    map_address(p->remote_ip, remote);
    map_address(p->local_ip, local);
    p->remote_port = htons(remote->port);
    p->local_port = htons(local->port);
    return true;
}

bool loader_allow(struct loader *l, const struct net_addr *remote, const struct net_addr *local)
{
    struct sluice_pair pair;
    uint8_t present = 1;
    return pair_of(&pair, remote, local) &&
           bpf_map_update_elem(l->pairs_fd, &pair, &present, BPF_ANY) == 0;
}

bool loader_forbid(struct loader *l, const struct net_addr *remote, const struct net_addr *local)
{
    struct sluice_pair pair;
    return pair_of(&pair, remote, local) &&
           (bpf_map_delete_elem(l->pairs_fd, &pair) == 0 || errno == ENOENT);
}

void loader_counters(const struct loader *l, uint64_t out[static XDP_COUNTER_COUNT])
{
    uint64_t *per_cpu = calloc((size_t)l->cpus, sizeof *per_cpu);
    for (uint32_t i = 0; i < XDP_COUNTER_COUNT; i++) {
        out[i] = 0;
        if (!per_cpu || bpf_map_lookup_elem(l->counters_fd, &i, per_cpu) != 0)
            continue;
        for (int cpu = 0; cpu < l->cpus; cpu++)
            out[i] += per_cpu[cpu];
    }
    free(per_cpu);
}

const char *loader_counter_name(enum sluice_xdp_counter which)
{
#define COUNTER_NAME(id, name) [id] = (name),
    static const char *const names[] = {SLUICE_XDP_COUNTERS(COUNTER_NAME)};
#undef COUNTER_NAME
    return which < XDP_COUNTER_COUNT ? names[which] : "unknown";
}

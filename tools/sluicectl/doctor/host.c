/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's settings, the interfaces and the clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "common/stats/segment.h"
#include "tools/sluicectl/doctor/network.h"

#define BUFFER_WISH    (4L << 20)
#define CLOCK_ERROR    10000000L /* us that the kernel thinks the clock may be off by */
#define MTU_NEEDED     1280u     /* clients send packets of up to 1200 bytes of payload */
#define CONNTRACK_FULL 0.8

static bool read_number(const char *path, long *value)
{
    FILE *f = fopen(path, "re");
    bool ok = f && fscanf(f, "%ld", value) == 1;
    if (f)
        fclose(f);
    return ok;
}

/* --- receive buffers --- */

static uint64_t counter_total(const struct network *n, enum counter which)
{
    char path[512], err[STATS_ERROR_TEXT];
    struct stats_segment s;
    uint64_t sum = 0;
    snprintf(path, sizeof(path), "%s/dataplane.stats", n->run_dir);
    if (!stats_segment_open(&s, path, err))
        return 0;
    for (uint32_t i = 0; i < s.header->blocks; i++)
        sum += counters_get(&s.block[i], which);
    stats_segment_close(&s);
    return sum;
}

static void check_buffers(struct network *n)
{
    static const char advice[] = "sysctl -w net.core.rmem_max=16777216 (and into /etc/sysctl.d), "
                                 "then restart the dataplane";
    uint64_t lost = counter_total(n, COUNTER_DROP_RX_OVERFLOW);
    long most;
    if (lost > 0)
        report_bad(n->report, advice,
                   "the kernel threw away %llu packets because the dataplane's receive buffer was "
                   "full",
                   (unsigned long long)lost);
    else if (read_number("/proc/sys/net/core/rmem_max", &most) && most < BUFFER_WISH)
        report_note(n->report,
                    "net.core.rmem_max is %ld: a dataplane without CAP_NET_ADMIN gets small "
                    "receive buffers (%s)",
                    most, advice);
    else
        report_good(n->report, "receive buffers are large enough");
}

/* --- interfaces --- */

static long rp_filter_of(const char *interface)
{
    char path[128];
    long all = 0, own = 0;
    snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter", interface);
    read_number("/proc/sys/net/ipv4/conf/all/rp_filter", &all);
    read_number(path, &own);
    return all > own ? all : own;
}

static bool has_ipv4(const struct network_interface *i)
{
    for (size_t k = 0; k < i->count; k++) {
        if (i->addresses[k].family == 4)
            return true;
    }
    return false;
}

/* With one way in and out it does no harm. */
static void check_rp_filter(struct network *n)
{
    unsigned ways = 0, strict = 0;
    for (size_t i = 0; i < n->interface_count; i++) {
        ways += has_ipv4(&n->interfaces[i]);
        strict += has_ipv4(&n->interfaces[i]) && rp_filter_of(n->interfaces[i].name) == 1;
    }
    if (ways > 1 && strict > 0)
        report_note(n->report,
                    "rp_filter is strict on %u of %u interfaces: packets of clients that come in "
                    "where the route back does not lead are thrown away without a trace (2 is "
                    "loose)",
                    strict, ways);
    else
        report_good(n->report, "rp_filter is no hindrance");
}

static void check_mtu(struct network *n)
{
    for (size_t i = 0; i < n->interface_count; i++) {
        const struct network_interface *at = &n->interfaces[i];
        if (at->mtu > 0 && at->mtu < MTU_NEEDED)
            report_bad(n->report, "a tunnel? Media packets have up to 1250 bytes with all headers",
                       "%s has an MTU of %u: media does not fit", at->name, at->mtu);
        else if (at->mtu > 0 && at->mtu < 1400)
            report_note(n->report, "%s has an MTU of %u: enough, but little", at->name, at->mtu);
    }
    if (n->interface_count == 0)
        report_bad(n->report, "ip addr", "no network interface is up and has an address");
    else
        report_good(n->report, "%zu interface%s up", n->interface_count,
                    n->interface_count == 1 ? "" : "s");
}

/* --- the rest --- */

static void check_conntrack(struct network *n)
{
    long count, most;
    if (!read_number("/proc/sys/net/netfilter/nf_conntrack_count", &count) ||
        !read_number("/proc/sys/net/netfilter/nf_conntrack_max", &most))
        return;
    if ((double)count > CONNTRACK_FULL * (double)most)
        report_bad(n->report, "sysctl -w net.netfilter.nf_conntrack_max=...",
                   "connection tracking is nearly full (%ld of %ld): new clients will not get "
                   "through",
                   count, most);
    else
        report_good(n->report, "connection tracking has room");
}

static void check_clock(struct network *n)
{
    struct timex t = {0};
    int state = adjtimex(&t);
    if (state < 0)
        return;
    if (state == TIME_ERROR || (t.status & STA_UNSYNC) || t.maxerror > CLOCK_ERROR)
        report_note(n->report,
                    "the clock is not kept right by NTP as far as the kernel knows; tokens are "
                    "refused if it is more than a minute off");
    else
        report_good(n->report, "the clock is kept right");
}

void check_host(struct network *n)
{
    report_heading(n->report, "this machine", "");
    check_mtu(n);
    check_rp_filter(n);
    check_buffers(n);
    check_conntrack(n);
    check_clock(n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct ifreq request_for(const char *name)
{
    struct ifreq r = {0};
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    return r;
}

/* Drivers without channels have one queue. */
static unsigned count_queues(int fd, const char *name)
{
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    struct ifreq r = request_for(name);
    r.ifr_data = (void *)&channels;
    if (ioctl(fd, SIOCETHTOOL, &r) != 0)
        return 1;
    unsigned n = channels.combined_count + channels.rx_count;
    return n > 0 ? n : 1;
}

/* Fills *out; returns what speaks against the interface, or NULL. */
static const char *inspect(int fd, const char *name, struct interface *out)
{
    struct ifreq r = request_for(name);
    *out = (struct interface){.ifindex = if_nametoindex(name)};
    snprintf(out->name, sizeof(out->name), "%s", name);
    if (out->ifindex == 0 || ioctl(fd, SIOCGIFFLAGS, &r) != 0)
        return strerror(errno);
    if (r.ifr_flags & IFF_LOOPBACK)
        return "is a loopback interface";
    if (!(r.ifr_flags & IFF_UP))
        return "is down";
    r = request_for(name);
    if (ioctl(fd, SIOCGIFHWADDR, &r) != 0 || r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return "is not Ethernet";
    r = request_for(name);
    if (ioctl(fd, SIOCGIFMTU, &r) != 0)
        return strerror(errno);
    out->mtu = (uint32_t)r.ifr_mtu;
    out->queues = count_queues(fd, name);
    return NULL;
}

bool interface_find(const char *name, struct interface *out, char err[static PKTIO_ERROR_TEXT])
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const char *objection = fd < 0 ? strerror(errno) : inspect(fd, name, out);
    if (fd >= 0)
        close(fd);
    if (objection)
        snprintf(err, PKTIO_ERROR_TEXT, "interface %.16s: %s", name, objection);
    return objection == NULL;
}

static bool listed(const struct interface *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0)
            return true;
    }
    return false;
}

size_t interface_list(struct interface *out, size_t max)
{
    struct ifaddrs *all;
    char err[PKTIO_ERROR_TEXT];
    size_t n = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *i = all; i && n < max; i = i->ifa_next) {
        struct net_addr a;
        if (i->ifa_addr && net_addr_from_sockaddr(&a, i->ifa_addr) && !net_addr_is_link_local(&a) &&
            !listed(out, n, i->ifa_name) && interface_find(i->ifa_name, &out[n], err))
            n++;
    }
    freeifaddrs(all);
    return n;
}

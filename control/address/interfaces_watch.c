/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/interfaces.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER 16384

static const char *what_of(uint16_t type)
{
    switch (type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return "an address of an interface changed";
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return "an interface changed";
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        return "a route changed";
    default:
        return NULL;
    }
}

/* Routes of the local and other special tables come with every address; they say nothing new. */
static bool matters(const struct nlmsghdr *h)
{
    if (h->nlmsg_type != RTM_NEWROUTE && h->nlmsg_type != RTM_DELROUTE)
        return true;
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)))
        return false;
    const struct rtmsg *m = NLMSG_DATA(h);
    return m->rtm_type == RTN_UNICAST && !(m->rtm_flags & RTM_F_CLONED);
}

static const char *news_in(const void *data, size_t len)
{
    const char *what = NULL;
    for (const struct nlmsghdr *h = data; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len))
        if (what_of(h->nlmsg_type) && matters(h))
            what = what_of(h->nlmsg_type);
    return what;
}

static void ready(void *arg, unsigned events)
{
    (void)events;
    struct interfaces_watch *w = arg;
    _Alignas(struct nlmsghdr) char buffer[BUFFER];
    const char *what = NULL;
    ssize_t n;
    while ((n = recv(w->watch.fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
        const char *news = news_in(buffer, (size_t)n);
        what = news ? news : what;
    }
    if (n < 0 && errno == ENOBUFS)
        what = "the network changed a lot";
    if (what)
        w->changed(w->arg, what);
}

bool interfaces_watch_open(struct interfaces_watch *w, struct loop *l)
{
    struct sockaddr_nl at = {.nl_family = AF_NETLINK,
                             .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                          RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE};
    w->loop = l;
    w->watch = (struct loop_watch){.ready = ready, .arg = w};
    w->watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (w->watch.fd < 0)
        return false;
    if (bind(w->watch.fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
        loop_watch(l, &w->watch, LOOP_READ))
        return true;
    close(w->watch.fd);
    w->watch.fd = -1;
    return false;
}

void interfaces_watch_close(struct interfaces_watch *w)
{
    if (!w->loop || w->watch.fd < 0)
        return;
    loop_unwatch(w->loop, &w->watch);
    close(w->watch.fd);
    w->watch.fd = -1;
}

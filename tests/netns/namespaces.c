/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/netns/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int ours = -1, peer = -1;

bool namespace_run(const char *fmt, ...)
{
    char command[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    bool ok = system(command) == 0;
    if (!ok)
        fprintf(stderr, "failed: %s\n", command);
    return ok;
}

static void enter(int fd)
{
    if (setns(fd, CLONE_NEWNET) != 0) {
        perror("setns");
        exit(1);
    }
}

void namespace_enter_ours(void)
{
    enter(ours);
}

void namespace_enter_peer(void)
{
    enter(peer);
}

static int create(void)
{
    if (unshare(CLONE_NEWNET) != 0 || !namespace_run("ip link set lo up"))
        return -1;
    return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool configure(const char *interface, const char *ipv4, const char *ipv6)
{
    return namespace_run("ip addr add %s/24 dev %s", ipv4, interface) &&
           namespace_run("ip addr add %s/64 dev %s nodad", ipv6, interface) &&
           namespace_run("ip link set %s up", interface);
}

bool namespace_wait_up(const char *interface)
{
    return namespace_run("for i in $(seq 200); do ip -o link show dev %s | grep -q 'state UP' && "
                         "exit 0; sleep 0.01; done; exit 1",
                         interface);
}

bool namespaces_join(unsigned queues)
{
    if (!namespace_run("ip link add %s numtxqueues %u numrxqueues %u type veth peer name %s "
                       "numtxqueues %u numrxqueues %u netns /proc/%d/fd/%d",
                       OUR_INTERFACE, queues, queues, PEER_INTERFACE, queues, queues, getpid(),
                       peer))
        return false;
    bool ok = configure(OUR_INTERFACE, OUR_IPV4, OUR_IPV6);
    namespace_enter_peer();
    ok = ok && configure(PEER_INTERFACE, PEER_IPV4, PEER_IPV6);
    ok = ok && namespace_wait_up(PEER_INTERFACE);
    namespace_enter_ours();
    return ok && namespace_wait_up(OUR_INTERFACE);
}

bool namespaces_create(unsigned queues)
{
    if (geteuid() != 0)
        return false;
    peer = create();
    ours = peer < 0 ? -1 : create();
    return ours >= 0 && namespaces_join(queues);
}

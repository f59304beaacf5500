/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `doctor`: each looks at one thing and says in plain words what is wrong with it.
 * What judges and what fetches are apart, so that the judging can be tested.
 */
#ifndef SLUICE_TOOLS_SLUICECTL_DOCTOR_NETWORK_H
#define SLUICE_TOOLS_SLUICECTL_DOCTOR_NETWORK_H

#include <jansson.h>
#include <sys/types.h>

#include "common/addr.h"
#include "common/config/config.h"
#include "tools/sluicectl/doctor/report.h"

#define NETWORK_INTERFACES 32

struct network_interface {
    char name[16];
    struct net_addr addresses[8]; /* without link-local ones */
    size_t count;
    unsigned mtu;
};

struct network {
    const struct invocation *invocation;
    const struct config *config;
    const char *run_dir;
    struct report *report;
    pid_t control, dataplane, authz; /* 0: not running */
    json_t *address;                 /* what control says of addresses, or NULL */
    json_t *process;                 /* the dataplane's line about itself, or NULL */
    struct network_interface interfaces[NETWORK_INTERFACES]; /* that are up, without loopback */
    size_t interface_count;
};

/* In this order. */
void check_configuration(struct network *n);
void check_processes(struct network *n);
void check_ports(struct network *n);
void check_address(struct network *n);
void check_firewall(struct network *n);
void check_backend(struct network *n);
void check_host(struct network *n);
void check_proxy(struct network *n, const char *url);

/* Fills n->interfaces. */
void network_interfaces(struct network *n);

/* How many UDP ports media uses, from config->rtc.udp_port_first on. */
unsigned network_media_ports(const struct config *c);

/* --- judging, without looking --- */

enum address_scope { SCOPE_PUBLIC, SCOPE_PRIVATE, SCOPE_CARRIER, SCOPE_LOOPBACK, SCOPE_LINK };

/* SCOPE_PRIVATE: RFC 1918, RFC 4193; SCOPE_CARRIER: RFC 6598, behind a provider's NAT. */
enum address_scope address_scope(const struct net_addr *a);

/* n->address, n->config, n->interfaces. `heard`: STUN and media packets that came so far. */
void judge_address(struct network *n, uint64_t heard);

/* Finds a port in the text of /proc/net/{tcp,udp}{,6}. `state`: 0x0a of listening TCP sockets, 0x07
 * of UDP ones. The socket's inode, or 0. */
unsigned long socket_table_find(const char *text, uint16_t port, unsigned state);

enum firewall { FIREWALL_NONE, FIREWALL_OPEN, FIREWALL_CLOSED, FIREWALL_UNSURE };

/* What a ruleset, as `nft -j list ruleset` prints it, does to packets from outside to a port:
 * nothing that could stop them; lets them in by name; stops them; or cannot be told. */
enum firewall judge_ruleset(const json_t *root, const char *protocol, uint16_t port);

#endif

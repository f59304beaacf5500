/* SPDX-License-Identifier: Apache-2.0 */
/* `doctor`: what is wrong with the server and the network around it. */
#include "tools/sluicectl/doctor/network.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/configuration.h"

unsigned network_media_ports(const struct config *c)
{
    unsigned ports = (unsigned)(c->rtc.udp_port_last - c->rtc.udp_port_first) + 1;
    return c->sluice.workers < ports ? c->sluice.workers : ports;
}

static unsigned mtu_of(const char *name)
{
    struct ifreq r = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    bool ok = fd >= 0 && ioctl(fd, SIOCGIFMTU, &r) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? (unsigned)r.ifr_mtu : 0;
}

static struct network_interface *interface_named(struct network *n, const char *name)
{
    for (size_t i = 0; i < n->interface_count; i++) {
        if (strcmp(n->interfaces[i].name, name) == 0)
            return &n->interfaces[i];
    }
    if (n->interface_count == NETWORK_INTERFACES)
        return NULL;
    struct network_interface *new = &n->interfaces[n->interface_count++];
    *new = (struct network_interface){.mtu = mtu_of(name)};
    snprintf(new->name, sizeof(new->name), "%s", name);
    return new;
}

void network_interfaces(struct network *n)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return;
    for (struct ifaddrs *i = list; i; i = i->ifa_next) {
        struct net_addr a;
        if (!(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK) || !i->ifa_addr ||
            !net_addr_from_sockaddr(&a, i->ifa_addr) || net_addr_is_link_local(&a))
            continue;
        struct network_interface *at = interface_named(n, i->ifa_name);
        if (at && at->count < sizeof(at->addresses) / sizeof(at->addresses[0]))
            at->addresses[at->count++] = a;
    }
    freeifaddrs(list);
}

/* --- configuration --- */

static void check_secrets(struct network *n)
{
    for (size_t i = 0; i < n->config->n_keys && !n->config->development; i++) {
        if (strlen(n->config->keys[i].secret) < API_SECRET_ADVISED)
            report_bad(n->report, "openssl rand -base64 32 makes a good one",
                       "the secret of API key \"%s\" is shorter than %d characters and can be "
                       "guessed",
                       n->config->keys[i].key, API_SECRET_ADVISED);
    }
}

static void note_ignored(struct network *n)
{
    char names[512] = "";
    size_t at = 0;
    for (size_t i = 0; i < n->config->n_ignored && at < sizeof(names); i++)
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
                               n->config->ignored[i]);
    if (at > 0)
        report_note(n->report, "keys without effect here: %s", names);
}

void check_configuration(struct network *n)
{
    const struct config *c = n->config;
    unsigned ports = (unsigned)(c->rtc.udp_port_last - c->rtc.udp_port_first) + 1;
    report_good(n->report, "can be read and makes sense");
    check_secrets(n);
    note_ignored(n);
    if (ports < c->sluice.workers)
        report_note(n->report,
                    "%u cores could forward media, but each needs a port of its own and udp_port "
                    "names %u: %u will",
                    c->sluice.workers, ports, ports);
}

/* --- the command --- */

static enum status examine(struct network *n)
{
    const char *url = option_value(n->invocation, "url");
    network_interfaces(n);
    check_configuration(n);
    check_processes(n);
    check_ports(n);
    check_address(n);
    check_firewall(n);
    check_backend(n);
    check_host(n);
    if (url)
        check_proxy(n, url);
    json_decref(n->address);
    json_decref(n->process);
    return report_end(n->report);
}

static enum status run(const struct invocation *v)
{
    char err[CONFIG_ERROR_TEXT], source[CONFIG_TEXT];
    struct config *c = calloc(1, sizeof(*c));
    struct network *n = calloc(1, sizeof(*n));
    struct report report;
    enum status status = STATUS_FAILED;
    report_begin(&report, v->json);
    report_heading(&report, "configuration", configuration_source(v, source));
    if (c && n && configuration_load(v, c, err)) {
        *n = (struct network){.invocation = v, .config = c, .report = &report};
        n->run_dir = option_given(v, "run-dir") ? v->run_dir : c->sluice.run_dir;
        status = examine(n);
    } else {
        report_bad(&report, "sluice does not start with it; nothing else was looked at", "%s",
                   c && n ? err : "out of memory");
        report_end(&report);
    }
    free(n);
    free(c);
    return status;
}

static const struct command_option own_options[] = {
    {"config", "FILE", "the server's livekit.yaml [$LIVEKIT_CONFIG, " CONFIGURATION_DEFAULT "]",
     COMPLETE_FILE},
    {"dev", NULL, "the server runs with --dev", COMPLETE_NOTHING},
    {"url", "URL", "how clients reach signalling: looks through the reverse proxy",
     COMPLETE_NOTHING},
    {0},
};

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "what is wrong with the server and the network around it",
    .details = "Looks at configuration, processes, ports, the public address, firewall, fast path\n"
               "and kernel, whether sluice runs or not. As root it sees more.\n"
               "With --url wss://sfu.example.org also at TLS and the reverse proxy.",
    .options = own_options,
    .run = run,
};

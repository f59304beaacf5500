/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two network namespaces joined by a veth pair, for tests and benchmarks of what needs interfaces.
 * Root only; all of it ends with the process.
 */
#ifndef SLUICE_TESTS_NETNS_NAMESPACES_H
#define SLUICE_TESTS_NETNS_NAMESPACES_H

#include <stdbool.h>

#define OUR_INTERFACE  "sluice0"
#define PEER_INTERFACE "peer0"
#define OUR_IPV4       "10.66.0.1"
#define PEER_IPV4      "10.66.0.2"
#define OUR_IPV6       "fd66::1"
#define PEER_IPV6      "fd66::2"

/* Creates both and enters ours. False if this process may not. `queues` of each interface. */
bool namespaces_create(unsigned queues);

/* Makes the pair of interfaces anew, after it was deleted. From our namespace. */
bool namespaces_join(unsigned queues);

void namespace_enter_ours(void);
void namespace_enter_peer(void);

/* Waits for up to two seconds until the kernel has a link up in earnest: it attaches queues a
 * moment after it was told, and until then packets are lost. */
bool namespace_wait_up(const char *interface);

/* Runs a shell command in the namespace that we are in; false if it fails. */
bool namespace_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

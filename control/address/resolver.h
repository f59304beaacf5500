/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS names to addresses of both families (c-ares on the event loop).
 */
#ifndef SLUICE_CONTROL_ADDRESS_RESOLVER_H
#define SLUICE_CONTROL_ADDRESS_RESOLVER_H

#include "common/addr.h"
#include "control/http/loop.h"

struct resolver;

/* n 0: the name has no address, or nobody could be asked. From a later turn of the loop. */
typedef void resolver_done(void *arg, unsigned name, const struct net_addr *list, size_t n);

/* NULL if out of memory. `done` gets every answer. */
struct resolver *resolver_create(struct loop *l, resolver_done *done, void *arg);
void resolver_destroy(struct resolver *r);

/* `name` is repeated in the answer. */
void resolver_ask(struct resolver *r, unsigned name, const char *host);

#endif

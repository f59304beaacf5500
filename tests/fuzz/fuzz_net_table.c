/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/net/table.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT 0x01010101

/* The same datagram again and again, with the requests between that its answers may belong to:
 * three dumps (sequence numbers 1 to 3), then a route (4). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t request[NET_REQUEST_MAX];
    struct net_addr local, remote;
    struct net_hop hop;
    struct net_table *t = net_table_create(PORT);
    if (!t || !net_addr_parse(&local, "192.0.2.1", 0) || !net_addr_parse(&remote, "192.0.2.2", 0))
        return 0;
    for (usec_t now = 1; now < 8; now++) {
        net_table_output(t, request, now);
        net_table_input(t, data, size, now);
        net_table_hop(t, &local, &remote, 0, now, &hop);
        net_table_receiver(t, 1, 1, &local);
    }
    net_table_destroy(t);
    return 0;
}

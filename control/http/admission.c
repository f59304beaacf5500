/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/admission.h"

#include <stdlib.h>
#include <string.h>

enum { FREE = 0, EXEMPT = 1 };

bool admission_init(struct admission *a, uint32_t size, uint32_t per_address, uint64_t seed)
{
    *a = (struct admission){.size = size, .per_address = per_address, .seed = seed};
    a->places = calloc(size, sizeof(*a->places));
    return a->places != NULL;
}

void admission_free(struct admission *a)
{
    free(a->places);
}

static bool is_private(const struct net_addr *a)
{
    const uint8_t *ip = a->ip;
    if (net_addr_is_loopback(a) || net_addr_is_link_local(a))
        return true;
    if (a->family == 6)
        return (ip[0] & 0xfe) == 0xfc; /* RFC 4193 */
    return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168);
}

uint64_t admission_key(const struct admission *a, const struct net_addr *peer)
{
    struct net_addr net = *peer;
    if (peer->family == 0 || is_private(peer))
        return EXEMPT;
    net.port = 0;
    if (net.family == 6)
        memset(net.ip + 8, 0, 8);
    return net_addr_hash(&net, a->seed) | 2; /* neither FREE nor EXEMPT */
}

bool admission_is_full(const struct admission *a)
{
    return a->taken == a->size;
}

uint32_t admission_take(struct admission *a, const struct net_addr *peer)
{
    uint64_t key = admission_key(a, peer);
    uint32_t place = ADMISSION_REFUSED, same = 0;
    for (uint32_t i = 0; i < a->size; i++) {
        if (a->places[i] == FREE && place == ADMISSION_REFUSED)
            place = i;
        else if (a->places[i] == key && key != EXEMPT)
            same++;
    }
    if (place == ADMISSION_REFUSED || same >= a->per_address)
        return ADMISSION_REFUSED;
    a->places[place] = key;
    a->taken++;
    return place;
}

void admission_give(struct admission *a, uint32_t place)
{
    a->places[place] = FREE;
    a->taken--;
}

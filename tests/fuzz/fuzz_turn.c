/* SPDX-License-Identifier: Apache-2.0 */
/* Messages into a TURN server's engine, one input after the other into the same state. The first
 * byte chooses the client, and whether the fuzzer's attributes get a right header, a fresh nonce
 * and right credentials around them, so that what lies behind these is reached. */
#include "dataplane/turn/nonce.h"
#include "tests/unit/turn_client.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct turn_world world;
static struct turn_asker askers[4];

static void open_world(void)
{
    turn_world_open(&world, 8, 3);
    for (size_t i = 0; i < 4; i++)
        turn_asker_open(&askers[i], &world, i, (uint16_t)(1000 + i));
}

/* A nonce and credentials that hold. */
static void greet(struct turn_asker *c, uint64_t n)
{
    const struct turn_wish none = {.lifetime = -1};
    turn_world_user(&world, n, 300 * USEC_PER_SEC);
    if (turn_ask_bare(c, TURN_REFRESH, &none) != 401)
        abort();
}

static void ask(struct turn_asker *c, const uint8_t *data, size_t size)
{
    static const uint16_t methods[] = {TURN_ALLOCATE, TURN_REFRESH, TURN_CREATE_PERMISSION,
                                       TURN_CHANNEL_BIND};
    struct turn_wish wish = {.lifetime = -1};
    struct net_addr peer = {.family = 4, .port = TURN_WORLD_PORT, .ip = {192, 0, 2, 1}};
    struct reader r = reader_of(data, size);
    uint8_t bits = read_u8(&r);
    if (bits & 4)
        wish.lifetime = (int)(read_be16(&r) & 0xfff);
    if (bits & 8)
        wish.channel = read_be16(&r);
    if (bits & 16)
        wish.transport = bits & 128 ? read_u8(&r) : TURN_PROTOCOL_UDP;
    if (bits & 32)
        wish.peers[0] = &peer;
    if (bits & 64) {
        peer.port = (uint16_t)(TURN_WORLD_PORT + (read_u8(&r) & 3));
        wish.family = read_u8(&r);
    }
    turn_ask(c, methods[bits & 3], &wish, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.engine)
        open_world();
    if (size == 0)
        return 0;
    struct turn_asker *c = &askers[data[0] & 3];
    world.now += (usec_t)(data[0] >> 4) * USEC_PER_SEC;
    c->client.stream = data[0] & 3;
    if (data[0] & 4) {
        greet(c, data[0] & 3);
        ask(c, data + 1, size - 1);
    } else {
        turn_input(world.engine, &c->client, data + 1, size - 1, world.now);
    }
    if (world.relayed_count > 0)
        turn_send(world.engine, &world.relayed.path, data, size, world.now);
    if (data[0] & 8)
        turn_forget(world.engine, data[0] & 3);
    turn_tick(world.engine, world.now);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a datagram is: by the local ufrag in a binding request, by the peer's address afterwards.
 * Keys are seeded 64-bit hashes; who hits another's by accident fails its integrity check.
 */
#include "dataplane/session/engine.h"

#include <string.h>

static uint64_t ufrag_key(const struct sessions *s, const char *ufrag, size_t len)
{
    uint64_t h = s->hash_seed ^ 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)ufrag[i]) * 0x100000001b3ULL;
    return h | 1;
}

static uint64_t remote_key(const struct sessions *s, const struct net_path *path)
{
    uint64_t where = path->tcp ? (uint64_t)path->tcp << 16 : path->local.port;
    return net_addr_hash(&path->remote, s->hash_seed ^ where * 0x9e3779b97f4a7c15ULL) | 1;
}

static void put(struct id_map *m, uint64_t key, handle_t h)
{
    if (id_map_get(m, key))
        id_map_remove(m, key);
    id_map_put(m, key, h);
}

void lookup_add_ufrag(struct sessions *s, const char *ufrag, handle_t transport)
{
    put(&s->ufrags, ufrag_key(s, ufrag, strlen(ufrag)), transport);
}

void lookup_remove_ufrag(struct sessions *s, const char *ufrag)
{
    id_map_remove(&s->ufrags, ufrag_key(s, ufrag, strlen(ufrag)));
}

handle_t lookup_ufrag(const struct sessions *s, const char *ufrag, size_t len)
{
    return id_map_get(&s->ufrags, ufrag_key(s, ufrag, len));
}

void lookup_add_remote(struct sessions *s, const struct net_path *path, handle_t transport)
{
    put(&s->remotes, remote_key(s, path), transport);
}

void lookup_remove_remote(struct sessions *s, const struct net_path *path)
{
    id_map_remove(&s->remotes, remote_key(s, path));
}

handle_t lookup_remote(const struct sessions *s, const struct net_path *path)
{
    return id_map_get(&s->remotes, remote_key(s, path));
}

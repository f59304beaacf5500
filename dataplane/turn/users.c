/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/users.h"

#include "common/random.h"

#include <stdlib.h>

bool users_init(struct turn_users *u, uint32_t size)
{
    u->size = size;
    u->seed = random_u64();
    u->list = calloc(size, sizeof(*u->list));
    return u->list != NULL;
}

void users_free(struct turn_users *u)
{
    free(u->list);
}

uint64_t users_hash(const struct turn_users *u, const char *name, size_t len)
{
    uint64_t h = u->seed ^ 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)name[i]) * 0x100000001b3ULL;
    return h | 1;
}

/* Where the new user goes: the place of its name, else that of its participant's oldest if there
 * are too many, else one that is free. NULL if full. */
static struct turn_user *place_for(struct turn_users *u, const struct turn_user *user, usec_t now)
{
    struct turn_user *oldest = NULL, *unused = NULL;
    unsigned own = 0;
    for (uint32_t i = 0; i < u->size; i++) {
        struct turn_user *at = &u->list[i];
        if (at->name == user->name)
            return at;
        if (at->name == 0 || at->expires <= now) {
            unused = at;
        } else if (at->participant == user->participant) {
            own++;
            if (!oldest || at->expires < oldest->expires)
                oldest = at;
        }
    }
    return own >= USERS_PER_PARTICIPANT ? oldest : unused;
}

bool users_add(struct turn_users *u, const struct turn_user *user, usec_t now)
{
    struct turn_user *at = place_for(u, user, now);
    if (at)
        *at = *user;
    return at != NULL;
}

const struct turn_user *users_find(const struct turn_users *u, uint64_t name, usec_t now)
{
    for (uint32_t i = 0; i < u->size; i++)
        if (u->list[i].name == name)
            return u->list[i].expires > now ? &u->list[i] : NULL;
    return NULL;
}

void users_forget(struct turn_users *u, uint64_t participant)
{
    for (uint32_t i = 0; i < u->size; i++)
        if (u->list[i].participant == participant)
            u->list[i] = (struct turn_user){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/wish.h"

#include "control/room/heap.h"
#include "control/room/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WISH_LIFETIME (60 * USEC_PER_SEC)

struct wish *wish_find(const struct participant *p, const char *track_sid)
{
    for (struct wish *w = p->wishes; w; w = w->next)
        if (strcmp(w->sid, track_sid) == 0)
            return w;
    return NULL;
}

void wish_free(struct wish *w)
{
    timer_stop(&w->owner->room->rooms->timers, &w->expiry);
    for (struct wish **at = &w->owner->wishes; *at; at = &(*at)->next)
        if (*at == w) {
            *at = w->next;
            break;
        }
    free(w);
}

void wishes_free(struct participant *p)
{
    while (p->wishes)
        wish_free(p->wishes);
}

static void expired(void *arg, usec_t now)
{
    (void)now;
    struct wish *w = arg;
    if (w->subscribe)
        say_subscription_error(w->owner, w->sid, LIVEKIT__SUBSCRIPTION_ERROR__SE_TRACK_NOTFOUND);
    wish_free(w);
}

/* The wish for the track; NULL if there are too many, or if that cannot be a track. */
static struct wish *make(struct participant *p, const char *track_sid, usec_t now)
{
    struct wish *w = wish_find(p, track_sid);
    size_t n = 0;
    for (const struct wish *each = p->wishes; each; each = each->next)
        n++;
    if (w || n >= ROOM_WISHES_MAX || strlen(track_sid) >= ROOM_SID_MAX)
        return w;
    w = heap_new(sizeof *w);
    w->owner = p;
    snprintf(w->sid, sizeof w->sid, "%s", track_sid);
    w->expiry = (struct timer){.fire = expired, .arg = w};
    w->next = p->wishes;
    p->wishes = w;
    timer_start(&p->room->rooms->timers, &w->expiry, now + WISH_LIFETIME);
    return w;
}

void wish_subscribe(struct participant *p, const char *track_sid, bool wanted, usec_t now)
{
    struct wish *w = wanted ? make(p, track_sid, now) : wish_find(p, track_sid);
    if (w)
        w->subscribe = wanted;
}

void wish_settings(struct participant *p, const char *track_sid, const struct track_settings *s,
                   usec_t now)
{
    struct wish *w = make(p, track_sid, now);
    if (!w)
        return;
    w->has_settings = true;
    w->settings = *s;
}

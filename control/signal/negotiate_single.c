/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of a single PeerConnection in which we send. */
#include "control/signal/negotiate_single.h"

#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"

#include <stdlib.h>
#include <string.h>

static enum sdp_kind kind_of(const struct subscription *s)
{
    return s->track->info->type == LIVEKIT__TRACK_TYPE__VIDEO ? SDP_VIDEO : SDP_AUDIO;
}

static bool is_safari(const struct participant *p)
{
    return strcasecmp(p->client.browser, "Safari") == 0;
}

void single_take_sections(struct transport *t, const struct sdp_description *offer)
{
    t->slots->no_reuse = is_safari(t->owner);
    if (offer)
        sdp_slots_update(t->slots, offer);
    for (struct subscription *s = t->owner->subscriptions, *next; s; s = next) {
        next = s->next_of_subscriber;
        if (s->state == SUBSCRIPTION_WAITING)
            sdp_slots_take(t->slots, kind_of(s), s->index.id);
    }
}

static struct subscription *owner_of(const struct transport *t, uint64_t id)
{
    struct subscription *s = id ? index_find(&t->owner->room->rooms->subscriptions, id) : NULL;
    return s && s->subscriber == t->owner && s->state != SUBSCRIPTION_OFF ? s : NULL;
}

struct subscription *single_plan_section(struct transport *t, uint32_t mline, struct sdp_plan *plan)
{
    plan->role = sdp_slots_role(t->slots, mline);
    if (plan->role != SDP_ROLE_SEND)
        return NULL;
    uint64_t id = t->slots->slot[mline].owner;
    struct subscription *s = owner_of(t, id);
    if (s) {
        subscription_sending(s, &plan->sending);
        return s;
    }
    plan->role = SDP_ROLE_ENDED;
    if (!transport_slot_ending(t, id))
        transport_end_slot(t, id);
    return NULL;
}

void single_give_back(struct transport *t)
{
    while (t->ending) {
        struct ending_slot *e = t->ending;
        t->ending = e->next;
        sdp_slots_release(t->slots, e->owner);
        free(e);
    }
    /* what waits may use the free sections from now on */
    for (struct subscription *s = t->owner->subscriptions; s; s = s->next_of_subscriber) {
        if (s->state != SUBSCRIPTION_WAITING || sdp_slots_find(t->slots, s->index.id) >= 0)
            continue;
        sdp_slots_release(t->slots, s->index.id);
        sdp_slots_take(t->slots, kind_of(s), s->index.id);
    }
}

/* A section was found, or is to be given back: the client's next offer settles it. */
static bool offer_would_help(const struct transport *t)
{
    if (t->ending)
        return true;
    for (const struct subscription *s = t->owner->subscriptions; s; s = s->next_of_subscriber)
        if (s->state == SUBSCRIPTION_WAITING && sdp_slots_find(t->slots, s->index.id) >= 0)
            return true;
    return false;
}

void negotiate_ask(struct transport *t, usec_t now)
{
    if (!t->offered || !t->owner->session)
        return; /* the offer that comes will tell */
    single_take_sections(t, NULL);
    uint32_t audios = 0, videos = 0;
    bool more = sdp_slots_require(t->slots, &audios, &videos);
    if (!more && (t->asked || !offer_would_help(t)))
        return;
    t->asked = true;
    t->last_negotiation = now;
    say_sections_required(t->owner, audios, videos);
}

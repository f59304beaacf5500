/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/slots.h"

#include <string.h>

static bool is_free(const struct sdp_slots *t, const struct sdp_slot *s, enum sdp_kind kind)
{
    return s->kind == kind && s->owner == 0 && !(t->no_reuse && s->used);
}

static int first_free(const struct sdp_slots *t, enum sdp_kind kind)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (is_free(t, &t->slot[i], kind))
            return (int)i;
    return -1;
}

static void occupy(struct sdp_slot *s, uint64_t owner)
{
    s->owner = owner;
    s->used = true;
}

static int find_waiting(const struct sdp_slots *t, uint64_t owner)
{
    for (uint32_t i = 0; i < t->waiting_count; i++)
        if (t->waiting[i].owner == owner)
            return (int)i;
    return -1;
}

static bool wait_in_queue(struct sdp_slots *t, enum sdp_kind kind, uint64_t owner)
{
    if (t->waiting_count == SDP_WAITING_MAX)
        return false;
    t->waiting[t->waiting_count++] = (struct sdp_waiting){.owner = owner, .kind = kind};
    return true;
}

static void leave_queue(struct sdp_slots *t, uint32_t index)
{
    t->waiting_count--;
    memmove(&t->waiting[index], &t->waiting[index + 1],
            (t->waiting_count - index) * sizeof *t->waiting);
}

static enum sdp_kind sending_kind(const struct sdp_section *s)
{
    bool media = s->kind == SDP_AUDIO || s->kind == SDP_VIDEO;
    bool ours = sdp_section_lives(s) && sdp_section_receives(s) && !sdp_section_sends(s);
    return media && ours ? s->kind : SDP_OTHER;
}

/* An m-line may be given to another mid once it was rejected (RFC 8829 5.2.2). */
static void renew(struct sdp_slot *slot, const struct sdp_section *s)
{
    if (sdp_text_is(s->mid, slot->mid))
        return;
    *slot = (struct sdp_slot){0};
    sdp_text_copy(s->mid, slot->mid, sizeof slot->mid);
}

static void arrived(uint32_t *asked)
{
    if (*asked)
        --*asked;
}

static void update_slot(struct sdp_slots *t, struct sdp_slot *slot, const struct sdp_section *s)
{
    enum sdp_kind before = slot->kind, now = sending_kind(s);
    uint64_t owner = slot->owner;
    renew(slot, s);
    if (owner && (slot->owner == 0 || now != before)) {
        slot->owner = 0;
        wait_in_queue(t, before, owner);
    }
    slot->kind = now;
    if (now != SDP_OTHER && before == SDP_OTHER)
        arrived(now == SDP_AUDIO ? &t->asked_audios : &t->asked_videos);
}

/* First come, first served, for each kind. */
static void serve_queue(struct sdp_slots *t)
{
    uint32_t i = 0;
    while (i < t->waiting_count) {
        int mline = first_free(t, t->waiting[i].kind);
        if (mline < 0) {
            i++;
            continue;
        }
        occupy(&t->slot[mline], t->waiting[i].owner);
        leave_queue(t, i);
    }
}

void sdp_slots_update(struct sdp_slots *t, const struct sdp_description *offer)
{
    for (uint32_t i = 0; i < offer->section_count; i++) {
        if (i == t->slot_count)
            t->slot[t->slot_count++] = (struct sdp_slot){0};
        update_slot(t, &t->slot[i], &offer->sections[i]);
    }
    serve_queue(t);
}

void sdp_slots_forget_asked(struct sdp_slots *t)
{
    t->asked_audios = t->asked_videos = 0;
}

int sdp_slots_find(const struct sdp_slots *t, uint64_t owner)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (t->slot[i].owner == owner)
            return (int)i;
    return -1;
}

int sdp_slots_take(struct sdp_slots *t, enum sdp_kind kind, uint64_t owner)
{
    int mline = sdp_slots_find(t, owner);
    if (mline >= 0)
        return mline;
    if (find_waiting(t, owner) >= 0)
        return -1;
    mline = first_free(t, kind);
    if (mline >= 0) {
        occupy(&t->slot[mline], owner);
        return mline;
    }
    return wait_in_queue(t, kind, owner) ? -1 : -2;
}

bool sdp_slots_release(struct sdp_slots *t, uint64_t owner)
{
    int mline = sdp_slots_find(t, owner);
    if (mline >= 0) {
        t->slot[mline].owner = 0;
        return true;
    }
    int queued = find_waiting(t, owner);
    if (queued >= 0)
        leave_queue(t, (uint32_t)queued);
    return queued >= 0;
}

static uint32_t count_waiting(const struct sdp_slots *t, enum sdp_kind kind)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->waiting_count; i++)
        n += t->waiting[i].kind == kind;
    return n;
}

static uint32_t beyond(uint32_t waiting, uint32_t *asked)
{
    uint32_t more = waiting > *asked ? waiting - *asked : 0;
    *asked += more;
    return more;
}

bool sdp_slots_require(struct sdp_slots *t, uint32_t *audios, uint32_t *videos)
{
    *audios = beyond(count_waiting(t, SDP_AUDIO), &t->asked_audios);
    *videos = beyond(count_waiting(t, SDP_VIDEO), &t->asked_videos);
    return *audios || *videos;
}

enum sdp_role sdp_slots_role(const struct sdp_slots *t, uint32_t mline)
{
    if (mline >= t->slot_count || t->slot[mline].kind == SDP_OTHER)
        return SDP_ROLE_ENDED;
    if (t->slot[mline].owner)
        return SDP_ROLE_SEND;
    return t->slot[mline].used ? SDP_ROLE_ENDED : SDP_ROLE_IDLE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/remote.h"

#include <stdio.h>
#include <string.h>

static bool fail(struct sdp_error *e, const char *reason)
{
    *e = (struct sdp_error){0};
    snprintf(e->reason, sizeof e->reason, "%s", reason);
    return false;
}

static bool complete(const struct sdp_transport *t, struct sdp_error *e)
{
    if (t->ufrag.len == 0 || t->pwd.len == 0)
        return fail(e, "no ice-ufrag or ice-pwd");
    if (!t->has_fingerprint)
        return fail(e, "no fingerprint");
    return true;
}

static bool same_transport(const struct sdp_transport *a, const struct sdp_transport *b)
{
    return sdp_text_equal(a->ufrag, b->ufrag) && sdp_text_equal(a->pwd, b->pwd) &&
           a->has_fingerprint == b->has_fingerprint &&
           memcmp(a->fingerprint, b->fingerprint, sizeof a->fingerprint) == 0;
}

/* In a bundle only the first section needs credentials (RFC 9143 7.1.3). */
static bool agrees(const struct sdp_transport *first, const struct sdp_transport *other)
{
    bool silent = other->ufrag.len == 0 && other->pwd.len == 0 && !other->has_fingerprint;
    return silent || same_transport(first, other);
}

static void take_data(struct sdp_remote *remote, const struct sdp_section *s)
{
    remote->sctp_port = s->sctp_port ? s->sctp_port : 5000;
    remote->max_message_size = s->max_message_size;
}

bool sdp_remote_of(const struct sdp_description *d, struct sdp_remote *remote, struct sdp_error *e)
{
    const struct sdp_transport *first = NULL;
    *remote = (struct sdp_remote){0};
    for (uint32_t i = 0; i < d->section_count; i++) {
        const struct sdp_section *s = &d->sections[i];
        if (!sdp_section_lives(s))
            continue;
        if (!first)
            first = &s->transport;
        if (!agrees(first, &s->transport))
            return fail(e, "sections of one bundle have different transports");
        if (s->kind == SDP_DATA && remote->sctp_port == 0)
            take_data(remote, s);
    }
    if (!first)
        return fail(e, "no section is offered");
    if (!complete(first, e))
        return false;
    sdp_text_copy(first->ufrag, remote->ufrag, sizeof remote->ufrag);
    sdp_text_copy(first->pwd, remote->pwd, sizeof remote->pwd);
    memcpy(remote->fingerprint, first->fingerprint, sizeof remote->fingerprint);
    remote->dtls_client = first->setup == SDP_SETUP_PASSIVE;
    return true;
}

bool sdp_ice_restarts(const struct sdp_remote *old, const struct sdp_remote *now)
{
    return old->ufrag[0] &&
           (strcmp(old->ufrag, now->ufrag) != 0 || strcmp(old->pwd, now->pwd) != 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to subscribers' NACKs: the downtrack's log says which packet of the source it was, the
 * history of the layer, maybe at another worker, has it.
 */
#include "dataplane/media/engine.h"

static struct frame *look_up(struct media *m, handle_t track, const struct sent_entry *e)
{
    struct track *t = track_of(m, track);
    return t && e->layer < MEDIA_LAYERS_MAX ? history_get16(&t->layers[e->layer].history, e->source)
                                            : NULL;
}

/* A subscriber whose line is full and who waits for a lower layer does not need the higher one. */
static bool above_limit(const struct downtrack *d)
{
    return d->video && d->limited && downtrack_current(d) == LAYER_NONE;
}

void retransmit_request(struct media *m, struct downtrack *d, uint16_t sent)
{
    const struct sent_era *era;
    if (!downtrack_writable(d))
        return;
    if (above_limit(d))
        return;
    struct sent_entry *e = sent_log_resend(&d->log, sent, d->stats.rtt, m->now, &era);
    if (!e)
        return;
    uint64_t wide = sequence_near(d->log.newest, sent);
    if (d->feed->worker != m->config.worker) {
        struct peer_message msg = {.type = PEER_RETRANSMIT,
                                   .track = d->feed->track,
                                   .downtrack = d->handle,
                                   .resend = {.sent = wide, .entry = *e}};
        if (!peer_tell(m, d->feed->worker, &msg))
            count(m, COUNTER_DROP_RING_FULL);
        return;
    }
    const struct frame *f = look_up(m, d->feed->track, e);
    if (f)
        transmit_again(m, d, f, wide, e, era);
}

bool retransmit_probe(struct media *m, struct downtrack *d, unsigned nth)
{
    const struct sent_era *era;
    uint64_t sent;
    const struct sent_entry *e = sent_log_recent(&d->log, nth, &sent, &era);
    const struct frame *f =
        e && d->feed->worker == m->config.worker ? look_up(m, d->feed->track, e) : NULL;
    if (f)
        transmit_again(m, d, f, sent, e, era);
    return f != NULL;
}

void retransmit_serve(struct media *m, unsigned peer, const struct peer_message *msg)
{
    struct peer_message answer = *msg;
    answer.type = PEER_RETRANSMISSION;
    answer.frame = look_up(m, msg->track, &msg->resend.entry);
    if (answer.frame && !peer_lend(m, peer, &answer))
        count(m, COUNTER_DROP_RING_FULL);
}

/* The era may have been overwritten on the way. */
void retransmit_arrive(struct media *m, const struct peer_message *msg)
{
    struct downtrack *d = downtrack_of(m, msg->downtrack);
    const struct peer_resend *r = &msg->resend;
    if (!d || !downtrack_writable(d) || r->sent < d->log.eras[r->entry.era].first)
        return;
    transmit_again(m, d, msg->frame, r->sent, &r->entry, &d->log.eras[r->entry.era]);
}

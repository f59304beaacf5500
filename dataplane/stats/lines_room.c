/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/lines.h"

json_t *flow_json(const struct flow *f)
{
    json_t *o = json_object();
    line_count(o, "packets", f->packets);
    line_count(o, "bytes", f->bytes);
    line_count(o, "pps", f->pps);
    line_count(o, "bps", f->bps);
    line_count(o, "lost", f->lost);
    line_number(o, "loss_percent", flow_loss_percent(f));
    return o;
}

json_t *line_room(const struct stats_segment *s, const struct totals *t, uint32_t index)
{
    struct stats_room r;
    const struct tally *n = &t->room[index];
    if (!stats_get(s, STATS_ROOMS, index, &r, sizeof(r)) || !r.handle)
        return NULL;
    json_t *o = line_new("room");
    line_text(o, "room", r.name);
    line_text(o, "room_sid", r.sid);
    line_time(o, "opened_unix_us", r.opened);
    line_count(o, "participants", n->participants);
    line_count(o, "publishers", n->publishers);
    line_count(o, "tracks", n->tracks);
    line_count(o, "subscriptions", n->subscriptions);
    line_put(o, "in", flow_json(&n->in));
    line_put(o, "out", flow_json(&n->out));
    return o;
}

/* ---- transports of a participant ---- */

/* As sluice.link.Connection, from the best to the worst. */
static const char *const states[] = {"new", "ice_connected", "connected", "disconnected", "failed"};

static const char *state_name(uint8_t state)
{
    return state < sizeof(states) / sizeof(states[0]) ? states[state] : "unknown";
}

/* A transport that is on its way is worse than one that is there, one that is lost worse still. */
static int badness(uint8_t state)
{
    static const int order[] = {2, 1, 0, 3, 4};
    return state < sizeof(order) / sizeof(order[0]) ? order[state] : 5;
}

static const char *protocol_name(uint8_t protocol)
{
    return protocol == STATS_TURN ? "turn" : protocol == STATS_TCP ? "tcp" : "udp";
}

static void put_path(json_t *o, const struct stats_pair *p)
{
    char text[NET_ADDR_TEXT];
    line_text(o, "local", net_addr_format(&p->local, text));
    line_text(o, "remote", net_addr_format(&p->remote, text));
    line_text(o, "protocol", protocol_name(p->protocol));
}

static json_t *candidates_json(const struct stats_transport *t)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < t->n_pairs && i < STATS_PAIRS; i++) {
        const struct stats_pair *p = &t->pairs[i];
        json_t *o = json_object();
        put_path(o, p);
        line_count(o, "priority", p->priority);
        line_flag(o, "selected", p->selected != 0);
        line_time(o, "checked_unix_us", p->checked);
        json_array_append_new(list, o);
    }
    return list;
}

static void put_media(json_t *o, const struct stats_segment *s, const struct stats_transport *t)
{
    struct stats_session_media m;
    if (!stats_get(s, STATS_SESSION_MEDIA, handle_index(t->handle), &m, sizeof(m)) ||
        m.handle != t->handle)
        return;
    if (m.rtt_us)
        line_count(o, "rtt_us", m.rtt_us);
    if (m.estimate)
        line_count(o, "estimate_bps", m.estimate);
    if (m.remb)
        line_count(o, "remb_bps", m.remb);
}

static json_t *transport_json(const struct stats_segment *s, const struct stats_transport *t)
{
    static const char *const kinds[] = {"single", "publisher", "subscriber"};
    json_t *o = json_object();
    line_text(o, "transport", t->kind < 3 ? kinds[t->kind] : "unknown");
    line_count(o, "worker", t->worker);
    line_text(o, "state", state_name(t->state));
    line_name(o, "reason", t->reason);
    line_time(o, "since_unix_us", t->since);
    if (t->n_pairs > 0 && t->pairs[0].selected)
        put_path(o, &t->pairs[0]);
    line_put(o, "candidates", candidates_json(t));
    line_flag(o, "silent", t->silent != 0);
    line_count(o, "ice_restarts", t->restarts);
    if (t->keyed)
        line_text(o, "srtp", t->srtp == 16 ? "AES-GCM" : "AES-CM HMAC-SHA1");
    line_flag(o, "data", t->data_ready != 0);
    line_count(o, "data_queued_bytes", t->queued_bytes);
    put_media(o, s, t);
    return o;
}

/* Those of the participant; *state becomes the worst of theirs. */
static json_t *transports_json(const struct stats_segment *s, const struct totals *t,
                               handle_t participant, uint8_t *state)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < stats_count(s, STATS_TRANSPORTS); i++) {
        struct stats_transport tr;
        if (t->participant_of[i] != participant ||
            !stats_get(s, STATS_TRANSPORTS, i, &tr, sizeof(tr)) || tr.participant != participant)
            continue;
        if (json_array_size(list) == 0 || badness(tr.state) > badness(*state))
            *state = tr.state;
        json_array_append_new(list, transport_json(s, &tr));
    }
    return list;
}

/* ---- participants ---- */

static bool room_of(const struct stats_segment *s, handle_t room, struct stats_room *out)
{
    return stats_get(s, STATS_ROOMS, handle_index(room), out, sizeof(*out)) && room &&
           out->handle == room;
}

json_t *line_participant(const struct stats_segment *s, const struct totals *t, uint32_t index)
{
    struct stats_participant p;
    struct stats_room r;
    const struct tally *n = &t->participant[index];
    uint8_t state = 0;
    if (!stats_get(s, STATS_PARTICIPANTS, index, &p, sizeof(p)) || !p.handle ||
        !room_of(s, p.room, &r))
        return NULL;
    json_t *transports = transports_json(s, t, p.handle, &state);
    json_t *o = line_new("participant");
    line_text(o, "room", r.name);
    line_text(o, "participant", p.sid);
    line_text(o, "identity", p.identity);
    line_text(o, "name", p.name);
    line_flag(o, "hidden", p.hidden != 0);
    line_flag(o, "agent", p.agent != 0);
    line_time(o, "opened_unix_us", p.opened);
    line_text(o, "state", state_name(state));
    line_count(o, "tracks", n->tracks);
    line_count(o, "subscriptions", n->subscriptions);
    line_put(o, "in", flow_json(&n->in));
    line_put(o, "out", flow_json(&n->out));
    if (n->rtt_us)
        line_count(o, "rtt_us", n->rtt_us);
    line_put(o, "transports", transports);
    return o;
}

bool who_is(const struct stats_segment *s, const struct totals *t, handle_t transport,
            struct who *out)
{
    uint32_t i = handle_index(transport);
    handle_t p = i < stats_count(s, STATS_TRANSPORTS) ? t->participant_of[i] : HANDLE_NONE;
    return p &&
           stats_get(s, STATS_PARTICIPANTS, handle_index(p), &out->participant,
                     sizeof(out->participant)) &&
           out->participant.handle == p && room_of(s, out->participant.room, &out->room);
}
